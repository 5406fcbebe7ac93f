// Gemini for the scenario table.

import type { Json } from '../strict.ts';
import { count, type Dialect, type Heard, list, object, type Reply, text, textIn } from './dialect.ts';

const FINISHES: Record<string, Reply['finish']> = { STOP: 'end', MAX_TOKENS: 'length', SAFETY: 'refusal' };

export const GOOGLE: Dialect = {
  format: 'google-generate-content',
  path: (model, stream) =>
    `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  ask: (question) => ({
    systemInstruction: { parts: [{ text: question.system }] },
    contents: [{ role: 'user', parts: [{ text: question.user }] }],
    ...(question.tools && {
      tools: [
        {
          functionDeclarations: question.tools.map(({ name, description, schema }) => ({
            name,
            description,
            parametersJsonSchema: schema,
          })),
        },
      ],
    }),
    ...(question.code && { tools: [{ codeExecution: {} }] }),
    generationConfig: {
      ...(question.schema && { responseMimeType: 'application/json', responseJsonSchema: question.schema }),
      ...(question.stop && { stopSequences: [question.stop] }),
      ...(question.cap && { maxOutputTokens: question.cap }),
      ...(question.thinking && { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } }),
    },
  }),
  fold(events) {
    const parts: Json[] = [];
    const folded: Json = {};
    for (const event of events) {
      const candidate = object(list(event.candidates)[0]);
      if (event.usageMetadata) folded.usageMetadata = event.usageMetadata;
      if (event.promptFeedback) folded.promptFeedback = event.promptFeedback;
      if (candidate.finishReason) folded.finishReason = candidate.finishReason;
      if (candidate.finishMessage) folded.finishMessage = candidate.finishMessage;
      parts.push(...list(object(candidate.content).parts));
    }
    const { finishReason, finishMessage, ...rest } = folded;
    return { candidates: [{ content: { role: 'model', parts }, finishReason, finishMessage }], ...rest };
  },
  read(answer) {
    const candidate = object(list(answer.candidates)[0]);
    const parts = list(object(candidate.content).parts);
    const usage = object(answer.usageMetadata);
    const calls = callsOf(parts);
    const finish = FINISHES[text(candidate.finishReason)];
    if (finish === undefined) throw new Error(`no finish: ${JSON.stringify(answer)}`);
    const said = textIn(parts.filter(({ thought }) => !thought));
    return {
      text: said,
      ran: ranIn(parts),
      thoughts: textIn(parts.filter(({ thought }) => thought)),
      refused: finish === 'refusal',
      refusal: `${text(candidate.finishMessage)}${said}`,
      calls,
      finish: calls.length > 0 && finish === 'end' ? 'tool' : finish,
      stopSequence: undefined,
      tokens: {
        input: count(usage.promptTokenCount),
        cached: count(usage.cachedContentTokenCount),
        output: count(usage.candidatesTokenCount) + count(usage.thoughtsTokenCount),
      },
    };
  },
  goOn: (asked, answer, results, next) => ({
    ...asked,
    contents: [
      ...list(asked.contents),
      object(list(answer.candidates)[0]).content,
      {
        role: 'user',
        parts:
          next !== undefined
            ? [{ text: next }]
            : results.map(({ callId, name, text: said, image, isError }) => ({
                functionResponse: {
                  id: callId,
                  name,
                  response: { [isError ? 'error' : 'result']: said },
                  ...(image && { parts: [{ inlineData: { mimeType: 'image/png', data: image } }] }),
                },
              })),
      },
    ],
  }),
  failure: (body) => (body.error ? text(object(body.error).message) : undefined),
  hear(body): Heard {
    const partsOf = (role: string) =>
      list(body.contents).flatMap((content) => (content.role === role ? list(content.parts) : []));
    const responses = partsOf('user').flatMap(({ functionResponse }) =>
      functionResponse ? [object(functionResponse)] : [],
    );
    const inner = [...partsOf('user'), ...responses.flatMap(({ parts }) => list(parts))];
    const config = object(body.generationConfig);
    return {
      system: textIn(object(body.systemInstruction).parts),
      user: textIn(partsOf('user')),
      tools: list(body.tools)
        .flatMap(({ functionDeclarations }) => list(functionDeclarations))
        .map(({ name, parametersJsonSchema, parameters }) => ({
          name: text(name),
          schema: parametersJsonSchema ?? parameters,
        })),
      calls: callsOf(partsOf('model')),
      results: responses.map(({ id, response }) => ({
        callId: text(id),
        text: Object.values(object(response)).map(String).join(''),
        isError: 'error' in object(response),
      })),
      images: inner.flatMap(({ inlineData }) => (inlineData ? [text(object(inlineData).data)] : [])),
      schema: { schema: config.responseJsonSchema ?? config.responseSchema },
      stop: list(config.stopSequences) as unknown as string[],
      cap: config.maxOutputTokens as number | undefined,
      thinks: config.thinkingConfig !== undefined,
      budget: object(config.thinkingConfig).thinkingBudget as number | undefined,
      cacheMarks: 0,
      runsCode: list(body.tools).some(({ codeExecution }) => codeExecution !== undefined),
    };
  },
};

function ranIn(parts: Json[]): Reply['ran'] {
  const code = parts.find(({ executableCode }) => executableCode);
  const result = parts.find(({ codeExecutionResult }) => codeExecutionResult);
  if (!code || !result) return undefined;
  const { output } = object(result.codeExecutionResult);
  return { source: text(object(code.executableCode).code), printed: text(output) };
}

function callsOf(parts: Json[]): Reply['calls'] {
  return parts.flatMap(({ functionCall }) => {
    if (!functionCall) return [];
    const { id, name, args } = object(functionCall);
    return [{ id: text(id), name: text(name), args: args ?? {} }];
  });
}
