// The wire schemas of a Messages request and of a token count.

import { Type } from '@sinclair/typebox';
import {
  anyObject,
  CacheControl,
  ContentBlock,
  maybe,
  open,
  TextBlock,
  Tool,
  ToolChoice,
} from './wire-blocks.ts';

const Message = Type.Object(
  {
    role: Type.Union([Type.Literal('user'), Type.Literal('assistant'), Type.Literal('system')], {
      description: 'Who speaks; `system` gives an instruction in the middle of a conversation.',
    }),
    content: Type.Union([Type.String(), Type.Array(ContentBlock)], {
      description: 'Text, or an array of content blocks.',
    }),
  },
  open,
);

const Thinking = Type.Object(
  {
    type: Type.String({ description: '`adaptive`, `enabled`, `disabled` or `between_tools`.' }),
    budget_tokens: maybe(
      Type.Integer(),
      '`enabled`: tokens to think with, at least 1024 and below `max_tokens`; without it, medium effort.',
    ),
    display: maybe(Type.String(), '`summarized` or `omitted`: whether the thoughts are shown.'),
  },
  open,
);

const OutputConfig = Type.Object(
  {
    effort: maybe(Type.String(), '`low`, `medium`, `high`, `xhigh` or `max`.'),
    format: maybe(
      Type.Object(
        {
          type: Type.String({ description: '`json_schema`.' }),
          schema: Type.Optional(anyObject('JSON schema the answer must match.')),
        },
        open,
      ),
    ),
  },
  open,
);

/** What a count and a request have in common. */
const prompt = {
  model: Type.String({ minLength: 1, description: 'Model name or alias; `provider/model` pins a provider.' }),
  messages: Type.Array(Message, { description: 'The conversation, oldest turn first.' }),
  system: Type.Optional(
    Type.Union([Type.String(), Type.Array(TextBlock), Type.Null()], {
      description: 'Instructions: text, or an array of text blocks.',
    }),
  ),
  tools: maybe(Type.Array(Tool), 'What the model may call.'),
  tool_choice: maybe(ToolChoice),
  thinking: maybe(Thinking),
  output_config: maybe(OutputConfig),
  cache_control: maybe(CacheControl, 'Places the cache marks for you.'),
  speed: maybe(Type.String(), '`standard` or `fast`.'),
  context_management: maybe(anyObject('Edits the provider makes to a long context.')),
  mcp_servers: maybe(
    Type.Array(anyObject('A remote MCP server: `{type: url, url, name, authorization_token}`.')),
    'Servers whose tools the provider calls itself, each with an `mcp_toolset` among the tools.',
  ),
};

/** The body of `POST /v1/messages`. Every object is open; only known members of the wrong type are refused. */
export const messagesSchema = Type.Object(
  {
    ...prompt,
    max_tokens: Type.Integer({ minimum: 0, description: 'Most tokens to write, thinking included.' }),
    stream: maybe(Type.Boolean(), 'Send the answer as server-sent events.'),
    temperature: maybe(Type.Number(), 'Randomness from 0 to 1; newer models take only 1.'),
    top_p: maybe(Type.Number(), 'Nucleus sampling; not together with `temperature`.'),
    top_k: maybe(Type.Integer(), 'Sample from this many likeliest tokens.'),
    stop_sequences: maybe(Type.Array(Type.String()), 'Texts that end the answer.'),
    metadata: maybe(Type.Object({ user_id: maybe(Type.String(), 'An opaque id of your end user.') }, open)),
    service_tier: maybe(Type.String(), '`auto` or `standard_only`.'),
    inference_geo: maybe(Type.String(), 'Where inference must run.'),
    container: Type.Optional(
      Type.Union([Type.String(), anyObject('`{id, skills}`.'), Type.Null()], {
        description: 'Container of hosted code execution.',
      }),
    ),
    thread: maybe(anyObject('A conversation the provider holds.')),
    diagnostics: maybe(anyObject('`{previous_message_id}`: ask why the cache was missed.')),
    user_profile_id: maybe(Type.String()),
    workspace_id: maybe(Type.String()),
  },
  { ...open, description: 'A request in the format of the Anthropic Messages API.' },
);

/** The body of `POST /v1/messages/count_tokens`. */
export const countTokensSchema = Type.Object(prompt, {
  ...open,
  description: 'A prompt whose input tokens are counted.',
});
