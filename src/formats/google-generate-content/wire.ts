// The wire schemas of a `generateContent` request and of a token count.

import { type TSchema, Type } from '@sinclair/typebox';

const open = { additionalProperties: true };
/** Absent, null, or the type. */
const maybe = (schema: TSchema, description?: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], description === undefined ? {} : { description }));
const anyObject = (description: string) => Type.Object({}, { ...open, description });

const Part = Type.Object(
  {
    text: maybe(Type.String()),
    thought: maybe(Type.Boolean(), 'A thought of the model, sent back.'),
    thoughtSignature: maybe(Type.String(), 'Comes back with the part it came with.'),
    inlineData: maybe(
      Type.Object(
        { mimeType: maybe(Type.String()), data: maybe(Type.String({ description: 'Base64.' })) },
        open,
      ),
    ),
    fileData: maybe(Type.Object({ mimeType: maybe(Type.String()), fileUri: maybe(Type.String()) }, open)),
    functionCall: maybe(
      Type.Object(
        { id: maybe(Type.String()), name: maybe(Type.String()), args: maybe(anyObject('The arguments.')) },
        open,
      ),
    ),
    functionResponse: maybe(
      Type.Object(
        {
          id: maybe(Type.String()),
          name: maybe(Type.String()),
          response: maybe(anyObject('`{output}`, `{error}`, or any object.')),
          parts: maybe(Type.Array(anyObject('`{inlineData}`.'))),
        },
        open,
      ),
    ),
  },
  open,
);

const Content = Type.Object(
  {
    role: maybe(Type.String({ description: '`user` or `model`.' })),
    parts: maybe(Type.Union([Type.Array(Part), Part]), 'What is said, in order.'),
  },
  open,
);

const FunctionDeclaration = Type.Object(
  {
    name: Type.String(),
    description: maybe(Type.String()),
    parameters: maybe(anyObject('Schema of the arguments in Google’s own dialect.')),
    parametersJsonSchema: maybe(anyObject('JSON Schema of the arguments.')),
  },
  open,
);

const Tool = Type.Object(
  {
    functionDeclarations: maybe(Type.Array(FunctionDeclaration)),
    googleSearch: maybe(anyObject('Let the model search the web.')),
    codeExecution: maybe(anyObject('Let the model run code.')),
    urlContext: maybe(anyObject('Let the model read pages.')),
  },
  open,
);

const GenerationConfig = Type.Object(
  {
    maxOutputTokens: maybe(Type.Integer({ minimum: 0 }), 'Cap on the answer, thinking included.'),
    temperature: maybe(Type.Number(), '0 to 2.'),
    topP: maybe(Type.Number()),
    topK: maybe(Type.Integer()),
    seed: maybe(Type.Integer()),
    candidateCount: maybe(Type.Integer(), 'Number of answers.'),
    stopSequences: maybe(Type.Array(Type.String()), 'Up to five texts that end the answer.'),
    frequencyPenalty: maybe(Type.Number()),
    presencePenalty: maybe(Type.Number()),
    responseLogprobs: maybe(Type.Boolean()),
    logprobs: maybe(Type.Integer()),
    responseMimeType: maybe(Type.String(), '`text/plain` or `application/json`.'),
    responseSchema: maybe(anyObject('Schema of the answer in Google’s own dialect.')),
    responseJsonSchema: maybe(anyObject('JSON Schema of the answer.')),
    responseModalities: maybe(Type.Array(Type.String()), '`TEXT` or `AUDIO`.'),
    speechConfig: maybe(anyObject('`{voiceConfig: {prebuiltVoiceConfig: {voiceName}}}`.')),
    thinkingConfig: maybe(
      Type.Object(
        {
          thinkingLevel: maybe(Type.String(), '`MINIMAL`, `LOW`, `MEDIUM` or `HIGH`.'),
          thinkingBudget: maybe(Type.Integer(), 'Tokens to think with; 0 is off, -1 leaves it to the model.'),
          includeThoughts: maybe(Type.Boolean()),
        },
        open,
      ),
    ),
  },
  open,
);

const members = {
  contents: Type.Union([Type.Array(Content, { minItems: 1 }), Content], {
    description: 'The conversation so far, oldest first.',
  }),
  systemInstruction: Type.Optional(
    Type.Union([Content, Type.String(), Type.Null()], { description: 'Instructions: a content of texts.' }),
  ),
  tools: maybe(Type.Union([Type.Array(Tool), Tool]), 'What the model may call.'),
  toolConfig: maybe(anyObject('`{functionCallingConfig: {mode, allowedFunctionNames?}}`.')),
  generationConfig: maybe(GenerationConfig),
  safetySettings: maybe(Type.Array(anyObject('A category and where to block.'))),
  cachedContent: maybe(Type.String(), 'Name of a cached prompt at Google.'),
  serviceTier: maybe(Type.String(), '`standard`, `flex` or `priority`.'),
};

/** The body of `:generateContent` and `:streamGenerateContent`; the path names the model. */
export const generateSchema = Type.Object(members, {
  ...open,
  description: 'A request in the format of the Gemini API. Members not listed here travel on as they are.',
});

/** The body of `:countTokens`: contents alone, or a whole request. */
export const countGenerateSchema = Type.Object(
  {
    contents: maybe(Type.Union([Type.Array(Content), Content]), 'What is counted.'),
    generateContentRequest: maybe(Type.Object(members, open), 'A whole request in place of `contents`.'),
  },
  { ...open, description: 'A prompt whose tokens are counted.' },
);
