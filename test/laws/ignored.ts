// What a conversion may leave out without a word, because it changes nothing in the answer: each with its reason.

import type { FormatId } from '../../src/canonical/part.ts';

type Ignored = { format: FormatId; trait: RegExp; reason: string };

/** Leaves by their path without numbers; `=value` where only that value says nothing. */
const IGNORED: readonly Ignored[] = [
  // wishes that every format spells its own way: their words are followed, their spelling is not
  {
    format: 'openai-chat',
    trait:
      /^(reasoning_effort|reasoning|thinking|enable_thinking|thinking_budget|chat_template_kwargs)(\.\w+)?=/,
    reason: 'how much to think',
  },
  {
    format: 'openai-responses',
    trait: /^(input\[\]\.)?reasoning\.(effort|summary|generate_summary)=/,
    reason: 'how much to think, and to show',
  },
  {
    format: 'anthropic-messages',
    trait: /^(thinking\.\w+|output_config\.effort)=/,
    reason: 'how much to think, and to show',
  },
  {
    format: 'anthropic-messages',
    trait: /^tool_choice\.disable_parallel_tool_use=/,
    reason: 'the opposite of parallel_tool_calls',
  },
  {
    format: 'openai-chat',
    trait: /\.(cache_control|prompt_cache_breakpoint)\.(type|mode)=/,
    reason: 'a mark is a mark',
  },
  {
    format: 'openai-responses',
    trait: /\.prompt_cache_breakpoint\.(type|mode)=/,
    reason: 'a mark is a mark',
  },
  {
    format: 'anthropic-messages',
    trait: /^speed=standard$/,
    reason: 'the default, and what is answered elsewhere',
  },
  {
    format: 'openai-chat',
    trait: /^response_format\.json_schema\.strict=true$/,
    reason: 'what Anthropic always does',
  },
  { format: 'openai-responses', trait: /^text\.format\.strict=true$/, reason: 'what Anthropic always does' },
  // in every format
  ...(['openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate-content'] as const).flatMap(
    (format): Ignored[] => [
      { format, trait: /(^|\.)type=/, reason: 'tells members apart that are carried or named themselves' },
      { format, trait: /=(null)?$/, reason: 'null says "not set", and an empty text nothing' },
      { format, trait: /\.defer_loading=false$/, reason: 'what leaving it out means' },
      { format, trait: /\.detail=auto$/, reason: 'the default, where there is a choice at all' },
      {
        format,
        trait: /^(temperature|top_p|n|generationConfig\.(temperature|topP|candidateCount))=1$/,
        reason: 'the default everywhere',
      },
      {
        format,
        trait:
          /(\.tool_calls\[\]\.id|\.tool_call_id|\.call_id|\.tool_use_id|^messages\[\]\.content\[\]\.id|\.function(Call|Response)\.id)=/,
        reason:
          'an id only links call and result; one that is too long or has other characters is rewritten on both',
      },
      {
        format,
        trait:
          /^((tools|functions)\[\](\.function|\.tools\[\])?|response_format\.json_schema|text\.format)\.strict=false$/,
        reason: 'what leaving it out means',
      },
      { format, trait: /^(parallel_tool_calls=true|service_tier=auto)$/, reason: 'the default everywhere' },
      {
        format,
        trait: /^stream_options\.include_\w+=/,
        reason: 'a stream always reports usage, and padding belongs to one provider’s stream',
      },
      {
        format,
        trait: /^(messages|input|contents)\[\]\.role=|^systemInstruction\.role=/,
        reason: 'roles of turns follow from their place; instructions that move are named by their text',
      },
    ],
  ),
  // Google
  ...(['openai-chat', 'openai-responses'] as const).map((format) => ({
    format,
    trait: /^tool_choice(\.allowed_tools)?\.mode=required$/,
    reason: 'one of one tool is that tool',
  })),
  {
    format: 'google-generate-content',
    trait: /\.thought=true$/,
    reason: 'tells thoughts from words, which are carried or named themselves',
  },
  {
    format: 'google-generate-content',
    trait: /^generationConfig\.responseMimeType=/,
    reason: 'text is the default, and JSON goes with its schema, which is named',
  },
  {
    format: 'google-generate-content',
    trait: /^generationConfig\.thinkingConfig\.\w+=/,
    reason: 'how much to think, and to show',
  },
  {
    format: 'google-generate-content',
    trait: /\.parameters(\.\*|\.items|\.properties)*\.type=[A-Z]+$/,
    reason: 'a type is a type in capitals too',
  },
  {
    format: 'google-generate-content',
    trait: /^generationConfig\.responseModalities\[\]=TEXT$/,
    reason: 'the only kind of answer a conversion gives',
  },
  // Chat
  {
    format: 'openai-chat',
    trait: /^(web_search=|plugins\[\])/,
    reason: 'asked of the gateway: a search becomes a tool, or no candidate will do',
  },
  {
    format: 'openai-chat',
    trait: /^messages\[\]\.tool_calls\[\]\.index=/,
    reason: 'a left-over of streaming',
  },
  {
    format: 'openai-chat',
    trait: /^messages\[\]\.name=/,
    reason: 'only of results: it repeats the name of the call',
  },
  {
    format: 'openai-chat',
    trait: /^modalities\[\]=text$/,
    reason: 'the only kind of answer a conversion gives',
  },
  {
    format: 'openai-chat',
    trait: /^(audio\.format=|modalities\[\]=audio$)/,
    reason: 'the client’s own answer has the sound in the form it asked for',
  },
  // Responses
  {
    format: 'openai-responses',
    trait: /\.logprobs\[\]/,
    reason: 'how likely the words of an earlier answer were changes nothing',
  },
  {
    format: 'openai-responses',
    trait: /(^|\.)tools\[\]\.name=ns_/,
    reason: 'of a namespace: it goes with its tools, which are named',
  },
  {
    format: 'openai-responses',
    trait: /(^|\.)(tools|input)\[\]\.execution=/,
    reason:
      'who searches: a search of the client is a function elsewhere, one of the provider its own kind of tool',
  },
  {
    format: 'openai-responses',
    trait: /^input\[\]\.(server_label|tools\[\]\.name)=listed$/,
    reason: 'what a server has: every provider asks it itself',
  },
  {
    format: 'openai-responses',
    trait: /^tools\[\]\.require_approval=never$/,
    reason: 'what other formats always do',
  },
  { format: 'openai-responses', trait: /^input\[\]\.phase=/, reason: 'named by the texts that bear it' },
  {
    format: 'openai-responses',
    trait: /^input\[\]\.(id|status)=/,
    reason: 'calls and results are linked by call_id, and what is replayed is finished',
  },
  {
    format: 'openai-responses',
    trait: /^max_tool_calls=/,
    reason: 'it limits hosted tools: without any there is nothing to limit',
  },
  { format: 'openai-responses', trait: /^client_metadata\./, reason: 'a label of the client about itself' },
  { format: 'openai-responses', trait: /^(store|background)=false$/, reason: 'what every conversion does' },
  { format: 'openai-responses', trait: /^truncation=disabled$/, reason: 'the default' },
  {
    format: 'openai-responses',
    trait: /^include\[\]=reasoning\.encrypted_content$/,
    reason: 'reasoning is always carried sealed',
  },
  // Messages
  {
    format: 'anthropic-messages',
    trait: /^tools\[\]\.configs\.\*=/,
    reason:
      'a tool that is on like all others: one that is off is left out of a list, or the request is refused',
  },
  {
    format: 'anthropic-messages',
    trait: /^diagnostics\./,
    reason: 'asks Anthropic why its own cache was missed',
  },
  { format: 'openai-chat', trait: /^tool_choice=auto$/, reason: 'the default' },
  { format: 'openai-responses', trait: /^tool_choice=auto$/, reason: 'the default' },
  { format: 'anthropic-messages', trait: /^tool_choice\.type=auto$/, reason: 'the default' },
  { format: 'google-generate-content', trait: /\.functionCallingConfig\.mode=AUTO$/, reason: 'the default' },
  {
    format: 'google-generate-content',
    trait: /^toolConfig\.includeServerSideToolInvocations=true$/,
    reason: 'what Google wants to hear for both kinds of tools, and no other provider',
  },
  {
    format: 'anthropic-messages',
    trait: /\.source\.media_type=text\/plain$/,
    reason: 'the only one a text can have',
  },
  { format: 'anthropic-messages', trait: /\.citations\.enabled=false$/, reason: 'the default' },
  { format: 'anthropic-messages', trait: /\.is_error=false$/, reason: 'the default' },
  {
    format: 'anthropic-messages',
    trait: /\.caller\.type=direct$/,
    reason: 'what every call of another format is',
  },
];

export function isIgnored(format: FormatId, trait: string, value: unknown): boolean {
  const said = `${trait}=${String(value)}`;
  return IGNORED.some((one) => one.format === format && one.trait.test(said));
}
