// The providers Osiris knows without being told: base URL, sign-in, formats and quirks of each.

import type { ProviderDeclaration, Quirks } from './provider.ts';

/** Vendors that took over Chat Completions before `developer` and `max_completion_tokens` existed. */
const CLASSIC: Quirks = { developerRole: false, maxTokensField: 'max_tokens', plainSchemas: true };
/** The same, and reasoning has to come back with the turns that follow a tool call. */
const CLASSIC_REASONING: Quirks = { ...CLASSIC, reasoningContent: true };
/** And `thinking: {type}` turns it on and off. */
const CLASSIC_SWITCH: Quirks = { ...CLASSIC_REASONING, thinkingSwitch: 'thinking' };
/** Labels and hints that only OpenAI itself has a use for; vendors that check members refuse them. */
// biome-ignore format: a list of names
const OWN_TO_OPENAI = [
  'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier', 'service_tier', 'verbosity',
];

/** A vendor that speaks Chat Completions and takes its key as a bearer token, unless `own` says otherwise. */
function compatible(
  id: string,
  displayName: string,
  baseUrl: string,
  keyVariables: string[],
  own: Partial<ProviderDeclaration> = {},
): ProviderDeclaration {
  return {
    id,
    aliases: [],
    displayName,
    baseUrl,
    auth: 'bearer',
    formats: ['openai-chat'],
    keyVariables,
    quirks: CLASSIC,
    ...own,
  };
}

export const BUILT_IN_PROVIDERS: readonly ProviderDeclaration[] = [
  {
    id: 'openai',
    aliases: [],
    displayName: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    auth: 'bearer',
    // Newer models take tools together with reasoning on Responses only.
    formats: ['openai-responses', 'openai-chat'],
    quirks: { firstFormatFirst: true, refuses: ['cache_control'], codeFee: 'perContainer' },
    keyVariables: ['OPENAI_API_KEY'],
  },
  {
    id: 'anthropic',
    aliases: [],
    displayName: 'Anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    auth: 'x-api-key',
    formats: ['anthropic-messages'],
    quirks: { codeFee: 'perContainer' },
    keyVariables: ['ANTHROPIC_API_KEY'],
  },
  {
    id: 'google',
    aliases: ['google-ai-studio', 'gemini'],
    displayName: 'Google AI Studio',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    auth: 'x-goog-api-key',
    // Its OpenAI-compatible side has another base URL and sign-in, and loses thought signatures.
    formats: ['google-generate-content'],
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  },
  compatible('groq', 'Groq', 'https://api.groq.com/openai/v1', ['GROQ_API_KEY'], {
    // console.groq.com/docs/openai, "Currently unsupported OpenAI features"
    quirks: {
      developerRole: false,
      refuses: ['logprobs', 'logit_bias', 'top_logprobs', 'n', 'cache_control'],
    },
  }),
  compatible('openrouter', 'OpenRouter', 'https://openrouter.ai/api/v1', ['OPENROUTER_API_KEY'], {
    // it passes schemas on, and parses documents itself
    quirks: { ...CLASSIC, plainSchemas: false, topK: true, readsFiles: true, search: 'openrouter' },
  }),
  compatible('deepseek', 'DeepSeek', 'https://api.deepseek.com/v1', ['DEEPSEEK_API_KEY'], {
    quirks: CLASSIC_SWITCH,
  }),
  // Mistral refuses members it does not know; usage arrives in streams without being asked for.
  compatible('mistral', 'Mistral', 'https://api.mistral.ai/v1', ['MISTRAL_API_KEY'], {
    quirks: {
      ...CLASSIC,
      usageInStream: false,
      temperatureMax: 1.5,
      refuses: ['seed', 'logit_bias', 'logprobs', 'top_logprobs', 'user', 'cache_control', ...OWN_TO_OPENAI],
    },
  }),
  compatible('xai', 'xAI', 'https://api.x.ai/v1', ['XAI_API_KEY'], {
    aliases: ['x-ai', 'grok'],
    // docs.x.ai, "Reasoning": those models refuse these
    quirks: {
      ...CLASSIC,
      plainSchemas: false,
      refuses: ['stop', 'presence_penalty', 'frequency_penalty'],
      search: 'xai',
      searchFormat: 'openai-responses',
      codeFee: 'perCodeRun',
    },
  }),
  compatible('together', 'Together AI', 'https://api.together.ai/v1', ['TOGETHER_API_KEY'], {
    aliases: ['togetherai', 'together-ai'],
    quirks: { ...CLASSIC, strict: false, topK: true },
  }),
  compatible('fireworks', 'Fireworks', 'https://api.fireworks.ai/inference/v1', ['FIREWORKS_API_KEY'], {
    aliases: ['fireworks-ai'],
    // it checks every member: musistudio/claude-code-router #377
    quirks: { ...CLASSIC, topK: true, refuses: ['cache_control'] },
  }),
  compatible('cerebras', 'Cerebras', 'https://api.cerebras.ai/v1', ['CEREBRAS_API_KEY'], {
    // inference-docs.cerebras.ai, "OpenAI compatibility"
    quirks: {
      developerRole: false,
      plainSchemas: true,
      refuses: ['frequency_penalty', 'presence_penalty', 'logit_bias', 'cache_control'],
    },
  }),
  compatible('moonshot', 'Moonshot AI', 'https://api.moonshot.ai/v1', ['MOONSHOT_API_KEY'], {
    aliases: ['moonshotai', 'kimi'],
    quirks: { ...CLASSIC_SWITCH, strict: false, temperatureMax: 1 },
  }),
  compatible('perplexity', 'Perplexity', 'https://api.perplexity.ai', ['PERPLEXITY_API_KEY'], {
    quirks: { ...CLASSIC, jsonMode: false, topK: true },
  }),
  compatible(
    'alibaba',
    'Alibaba Cloud Model Studio',
    'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    ['DASHSCOPE_API_KEY'],
    { aliases: ['dashscope', 'qwen'], quirks: { ...CLASSIC, thinkingSwitch: 'enable_thinking' } },
  ),
  compatible('zai', 'Z.ai', 'https://api.z.ai/api/paas/v4', ['ZAI_API_KEY'], {
    aliases: ['z-ai', 'zhipu'],
    quirks: { ...CLASSIC, thinkingSwitch: 'thinking', temperatureMax: 1 },
  }),
  compatible('deepinfra', 'DeepInfra', 'https://api.deepinfra.com/v1/openai', [
    'DEEPINFRA_API_KEY',
    'DEEPINFRA_TOKEN',
  ]),
  compatible('huggingface', 'Hugging Face', 'https://router.huggingface.co/v1', ['HF_TOKEN']),
  compatible('nvidia', 'NVIDIA', 'https://integrate.api.nvidia.com/v1', ['NVIDIA_API_KEY'], {
    quirks: { ...CLASSIC_REASONING, strict: false },
  }),
  compatible('sambanova', 'SambaNova', 'https://api.sambanova.ai/v1', ['SAMBANOVA_API_KEY']),
  // These two run on the operator's own machine and need no key; they are there only when configured.
  compatible('ollama', 'Ollama', 'http://127.0.0.1:11434/v1', [], { auth: 'none' }),
  compatible('lmstudio', 'LM Studio', 'http://127.0.0.1:1234/v1', [], {
    aliases: ['lm-studio'],
    auth: 'none',
  }),
];
