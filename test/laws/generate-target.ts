// Upstream models of every kind the catalogue can describe.

import type { Target } from '../../src/formats/codec.ts';
import type { Choices } from './choices.ts';

export function anyTarget(c: Choices): Target {
  return {
    // one that knows cache breakpoints
    model: c.one('the-model', 'gpt-5.6-sol'),
    maxOutputTokens: c.one(undefined, 64_000, 128),
    developerRole: c.chance(50),
    maxTokensField: c.one('max_completion_tokens', 'max_tokens'),
    midSystem: c.chance(50),
    thinking: c.one('effort', 'adaptive', 'budget', 'none'),
    thinkingSwitch: c.one(undefined, undefined, 'thinking', 'enable_thinking', 'chat_template_kwargs'),
    efforts: c.one<string[]>([], ['low', 'medium', 'high'], ['minimal', 'low', 'medium', 'high', 'xhigh']),
    structuredOutput: !c.chance(30),
    sampling: !c.chance(30),
    reasoningContent: c.chance(50),
    forcedTools: !c.chance(20),
    tools: !c.chance(5),
    images: !c.chance(10),
    audio: !c.chance(10),
    files: !c.chance(10),
    prefill: !c.chance(10),
    stop: !c.chance(20),
    jsonMode: !c.chance(20),
    strict: !c.chance(20),
    idleSampling: c.chance(20),
    topK: c.chance(30),
    toolSearch: c.chance(50),
    refusesBetas: c.chance(10) ? ['*'] : [],
    refuses: c.chance(30) ? ['seed', 'logit_bias', 'parallel_tool_calls', 'n', 'user'] : [],
    plainSchemas: c.chance(30),
  };
}
