// Chat Completions for the scenario table.

import type { Json } from '../strict.ts';
import {
  count,
  type Dialect,
  dataOf,
  type Heard,
  list,
  object,
  type Reply,
  SAYS_ERROR,
  text,
  textIn,
} from './dialect.ts';

const FINISHES: Record<string, Reply['finish']> = {
  stop: 'end',
  tool_calls: 'tool',
  length: 'length',
  content_filter: 'refusal',
};

export const CHAT: Dialect = {
  format: 'openai-chat',
  path: () => '/v1/chat/completions',
  ask: (question, model, stream) => ({
    model,
    messages: [
      {
        role: 'system',
        content: question.cached
          ? [{ type: 'text', text: question.system, prompt_cache_breakpoint: { mode: 'explicit' } }]
          : question.system,
      },
      { role: 'user', content: question.user },
    ],
    ...(question.tools && {
      tools: question.tools.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, description, parameters: schema },
      })),
    }),
    ...(question.schema && {
      response_format: { type: 'json_schema', json_schema: { name: 'forecast', schema: question.schema } },
    }),
    ...(question.stop && { stop: [question.stop] }),
    ...(question.cap && { max_completion_tokens: question.cap }),
    ...(question.thinking && { reasoning_effort: 'medium' }),
    ...(stream && { stream, stream_options: { include_usage: true } }),
  }),
  fold(events) {
    const message: Json = { role: 'assistant', content: null };
    const calls: Json[] = [];
    const folded: Json = {};
    for (const event of events) {
      if (event.usage) folded.usage = event.usage;
      const choice = object(list(event.choices)[0]);
      if (choice.finish_reason) folded.finish_reason = choice.finish_reason;
      const { tool_calls, role: _role, ...delta } = object(choice.delta);
      for (const [name, piece] of Object.entries(delta)) {
        if (typeof piece === 'string') message[name] = text(message[name]) + piece;
        else if (piece !== null) message[name] = piece;
      }
      for (const piece of list(tool_calls)) addCall(calls, piece);
    }
    if (calls.length > 0) message.tool_calls = calls;
    return { choices: [{ index: 0, message, finish_reason: folded.finish_reason }], usage: folded.usage };
  },
  read(answer) {
    const choice = object(list(answer.choices)[0]);
    const message = object(choice.message);
    const usage = object(answer.usage);
    const finish = FINISHES[text(choice.finish_reason)];
    if (finish === undefined) throw new Error(`no finish: ${JSON.stringify(answer)}`);
    const refusal = text(message.refusal);
    const { said, ran } = apart(text(message.content));
    return {
      text: said,
      ran,
      thoughts: text(message.reasoning_content),
      refused: refusal !== '' || finish === 'refusal',
      refusal,
      calls: callsOf(message),
      finish,
      stopSequence: undefined,
      tokens: {
        input: count(usage.prompt_tokens),
        cached: count(object(usage.prompt_tokens_details).cached_tokens),
        output: count(usage.completion_tokens),
      },
    };
  },
  goOn: (asked, answer, results, next) => ({
    ...asked,
    messages: [
      ...list(asked.messages),
      object(list(answer.choices)[0]).message,
      ...(next === undefined ? [] : [{ role: 'user', content: next }]),
      ...results.map(({ callId, text: said, isError }) => ({
        role: 'tool',
        tool_call_id: callId,
        content: isError ? `Error: ${said}` : said,
      })),
      // a tool message holds text only: what a tool shows follows as the user's
      ...results.flatMap(({ image }) =>
        image === undefined
          ? []
          : [
              {
                role: 'user',
                content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } }],
              },
            ],
      ),
    ],
  }),
  failure: (body) => (body.error ? text(object(body.error).message) : undefined),
  hear(body): Heard {
    const messages = list(body.messages);
    const of = (...roles: string[]) => messages.filter(({ role }) => roles.includes(text(role)));
    const format = object(object(body.response_format).json_schema);
    return {
      system: of('system', 'developer')
        .map(({ content }) => textIn(content))
        .join('\n'),
      user: of('user')
        .map(({ content }) => textIn(content))
        .join('\n'),
      tools: list(body.tools).map((tool) => ({
        name: text(object(tool.function).name),
        schema: object(tool.function).parameters,
      })),
      calls: of('assistant').flatMap(callsOf),
      results: of('tool').map(({ tool_call_id, content }) => ({
        callId: text(tool_call_id),
        text: textIn(content),
        isError: SAYS_ERROR.test(textIn(content)),
      })),
      images: messages.flatMap(({ content }) =>
        list(content).flatMap((part) => dataOf(object(part.image_url).url)),
      ),
      schema: { schema: format.schema, name: format.name },
      stop: [body.stop ?? []].flat() as string[],
      cap: (body.max_completion_tokens ?? body.max_tokens) as number | undefined,
      thinks: body.reasoning_effort !== undefined,
      budget: undefined,
      cacheMarks: messages.flatMap(({ content }) =>
        list(content).filter((part) => part.prompt_cache_breakpoint),
      ).length,
      runsCode: false,
    };
  },
};

/** Code and what it printed stand fenced in front of what is said. */
function apart(content: string): { said: string; ran: Reply['ran'] } {
  const [, source, printed, said] =
    /^```python\n([\s\S]*?)\n```\n\n```\n([\s\S]*?)```\n\n([\s\S]*)$/.exec(content) ?? [];
  if (source === undefined || printed === undefined || said === undefined)
    return { said: content, ran: undefined };
  return { said, ran: { source, printed } };
}

function addCall(calls: Json[], piece: Json): void {
  const at = count(piece.index);
  calls[at] ??= { id: '', type: 'function', function: { name: '', arguments: '' } };
  const { index: _index, function: said, ...members } = piece;
  const known = object(calls[at]?.function);
  Object.assign(calls[at] ?? {}, members);
  known.name = text(known.name) + text(object(said).name);
  known.arguments = text(known.arguments) + text(object(said).arguments);
}

function callsOf(message: Json): Reply['calls'] {
  return list(message.tool_calls).map((call) => ({
    id: text(call.id),
    name: text(object(call.function).name),
    args: JSON.parse(text(object(call.function).arguments)),
  }));
}
