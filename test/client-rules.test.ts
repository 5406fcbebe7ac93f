// The eighteen rules that real clients insist on, each with the tests that prove it; a renamed test is found here.

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The rule, then per file of tests the names in it. */
const RULES: [rule: string, proofs: Record<string, string[]>][] = [
  [
    '1: a key in either header of every route, both at once; any version and beta; ?beta=true',
    {
      'http/auth.test.ts': [
        'is taken from either header, whatever the case of Bearer',
        'in x-api-key wins over another valid one in Authorization',
        'that is valid wins over one that is not, in whichever header it stands',
        '%s answers with /v1 twice, once and not at all, with any query and version',
      ],
      'conformance/pass.test.ts': [
        'T02 A→A: an unknown member, an unknown beta and an unknown event go through',
      ],
    },
  ],
  [
    '2: every stream ends in its terminal event or in an error of its format, never in a clean end of our making',
    {
      'conformance/broken-streams.test.ts': [
        'T47 a socket cut inside an event (%s) is an error, and half an event is none',
        'T47 a body that ends inside an event is an error',
        'T47 events whose JSON is cut off end the stream in an error, and no client gets to see them',
        'T49 an error event after twenty frames is one of the client’s format, and nothing is charged',
      ],
      'laws/law-6-grammar.ts': [
        'law 6, grammar: a cut stream is transcoded into a legal one that says so',
        'law 6, grammar: a cut stream that passes through ends in the error of its format',
      ],
    },
  ],
  [
    '3: billed when the upstream is done; a client that leaves behind the end is a success, before it pays what came',
    {
      'gateway/endings.test.ts': [
        'on a %s provider that the client leaves behind its end is paid whole',
        'that a %s provider breaks off costs nothing',
      ],
      'gateway/payers.test.ts': [
        'of %s pays what the last cumulative count says, and the provider is stopped',
      ],
      'conformance/leaving.test.ts': ['T59 that leaves after three pieces pays for them'],
      'gateway/relay.test.ts': ['a client that leaves takes its upstream call with it'],
    },
  ],
  [
    '4: Messages events have their names, a start with usage, blocks numbered in order, a delta with usage, a stop',
    {
      'laws/law-6-grammar.ts': ['law 6, grammar: events in any order are written as a legal stream'],
      'sandbox/clients.test.ts': ['streams several calls, and accepts the answer to their results'],
      'conformance/tool-streams.test.ts': ['T31 tool blocks that overlap keep their own arguments'],
    },
  ],
  [
    '5: Responses events have their whole life cycle, and everything again in response.completed',
    {
      'formats/openai-responses/clients.test.ts': [
        'raw iteration sees a numbered life cycle that ends completed',
        'the OpenAI stream helper builds the whole response from the events',
        'an answer of nothing at all still has a message, so that no agent asks for ever',
      ],
      'conformance/reasoning.test.ts': [
        'T51 R→A: events, ids and items are what Codex insists on, and Claude gets its thoughts back',
      ],
    },
  ],
  [
    '6: Chat chunks have the role first, calls with index, id and name once, one finish, usage only when asked for',
    {
      'conformance/chat-endings.test.ts': ['a text that ends in [DONE] alone has a finish'],
      'conformance/chat-tolerance.test.ts': ['a finish with content', 'usage without choices'],
      'conformance/pass.test.ts': ['T01 C→C: a stream passes byte for byte but for'],
      'gateway/pass.test.ts': ['a plain answer arrives byte for byte'],
      'clients/python.ts': ['`choices[0]` is there in every chunk or it fails'],
    },
  ],
  [
    '7: what nobody knows passes to the same format; elsewhere it is translated or named as lost',
    {
      'conformance/pass.test.ts': [
        'T02 A→A: an unknown member, an unknown beta and an unknown event go through',
      ],
      'laws/law-4-no-silent-loss.ts': ['law 4, no silent loss: every leaf of'],
      'conformance/tools.test.ts': [
        'a grammar is wrapped, a namespace flattened, the local shell a function',
      ],
      'formats/anthropic-messages/errors.test.ts': ['accepts what real clients send'],
    },
  ],
  [
    '8: a thread is refused in the words that make the library send its whole conversation',
    {
      'formats/anthropic-messages/thoughts.test.ts': [
        'is refused in the words the SDK falls back on',
        'that the upstream refuses keeps its words',
      ],
    },
  ],
  [
    '9: 426 for a WebSocket, 200 for HEAD /, token counts that are free and outside the limits',
    {
      'http/routes.test.ts': [
        'at %s is 426 before anyone asks for a key, and the next POST goes through',
        'HEAD %s is 200 without a body',
      ],
      'http/headers.test.ts': ['leave token counts out, and a call refused with 400, 401 or 403 takes none'],
      'gateway/turns.test.ts': ['counting tokens needs no turn'],
      'gateway/limits.test.ts': ['share 600 a minute of a key, and leave its calls alone'],
    },
  ],
  [
    '10: signatures and encrypted content come back as they were, from and to the account that made them',
    {
      'conformance/reasoning.test.ts': [
        'T56 A→A: redacted and empty thinking come back byte for byte and in order',
        'T53 A→R: the envelope a client echoes becomes the encrypted content it came from',
      ],
      'laws/law-9-sealed.ts': ['law 9, sealed: no reasoning state reaches a provider other than its issuer'],
    },
  ],
  [
    '11: the same big request in one piece, a clean 413, long heads',
    {
      'http/client-habits.test.ts': [
        'gets a long answer in one piece, as those do that repeat a broken stream',
        'may send a head of sixteen thousand letters',
      ],
      'conformance/errors.test.ts': ['a body that is too large'],
    },
  ],
  [
    '12: ids of calls may be anything, and may come back changed',
    {
      'conformance/turns.test.ts': [
        'T18 C→A: odd, long and repeated ones are plain, short and apart, and stay so over turns',
        'T19 A→C: an odd id reaches the client as a plain one and goes back as it was',
      ],
    },
  ],
  [
    '13: neighbours of one role are merged and caps clamped where a provider wants it',
    {
      'conformance/instructions.test.ts': [
        'T04 C→A: a system message leads, one in the middle is tagged user text, user turns are merged',
      ],
      'formats/anthropic-messages/encode.test.ts': [
        'the cap is the request’s within the model’s, and never missing',
      ],
      'formats/openai-chat/controls.test.ts': ['the cap has the upstream’s name and never exceeds the model'],
      'formats/google-generate-content/encode.test.ts': ['alternate: neighbours are merged'],
    },
  ],
  [
    '14: one error body, right statuses, Retry-After on 429',
    {
      'conformance/errors.test.ts': [
        'our own refusals to a client of %s',
        'our rate limit',
        'an empty balance',
      ],
      'http/headers.test.ts': ['are counted down on %s, in streams and refusals too'],
      'sandbox/clients.test.ts': ['raises its own error classes'],
    },
  ],
  [
    '15: a list of models that both libraries page through, every id in both spellings',
    {
      'http/models.test.ts': [
        'satisfies the OpenAI library',
        'satisfies the Anthropic library, whose paging ends',
        '%s can be looked up and called',
      ],
    },
  ],
  [
    '16: embeddings in base64 where that is asked for',
    { 'sdks/embeddings.test.ts': ['the OpenAI library, which asks for base64 unless told otherwise'] },
  ],
  [
    '17: the accept header decides nothing',
    {
      'http/client-habits.test.ts': ['that accepts %s is streamed to when its body says so, and only then'],
    },
  ],
  [
    '18: silence is kept alive in the client’s format and ends in its error; events leave at once',
    {
      'http/client-habits.test.ts': [
        'a client sees signs of life of its own format while a provider of any format is silent',
      ],
      'gateway/relay.test.ts': ['a stream that is silent for half a minute survives, with signs of life'],
      'conformance/framing.test.ts': ['T44 every byte comes alone'],
      'conformance/broken-streams.test.ts': ['answer comes when the client has the beginning of it'],
    },
  ],
];

test.each(RULES)('rule %s', (_, proofs) => {
  for (const [file, names] of Object.entries(proofs)) {
    const source = readFileSync(join(import.meta.dir, file), 'utf8');
    for (const name of names)
      expect({ file, name, isThere: source.includes(name) }).toMatchObject({ isThere: true });
  }
});
