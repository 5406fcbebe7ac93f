// The rows of the mapping tables that Gemini requests can reach: section, then what stands in the body.

import { rows } from './coverage-row.ts';

const config = (names: string[]) => names.map((name) => `generationConfig.${name}`);

export const GOOGLE = [
  ...rows(
    '1.2',
    ...config(['maxOutputTokens', 'temperature', 'topP', 'topK', 'stopSequences', 'candidateCount=1']),
    ...config(['candidateCount=2', 'seed', 'frequencyPenalty', 'presencePenalty', 'responseLogprobs']),
    ...config(['logprobs', 'responseModalities', 'speechConfig']),
    'serviceTier=standard',
    'serviceTier=flex',
    'serviceTier=priority',
    'safetySettings',
  ),
  ...rows('1.3', 'systemInstruction.parts[].text'),
  ...rows(
    '1.4',
    'contents[].parts[].text',
    'contents[].parts[].text=',
    'contents[].parts[].inlineData',
    'contents[].parts[].inlineData.mimeType=image/png',
    'contents[].parts[].inlineData.mimeType=application/pdf',
    'contents[].parts[].inlineData.mimeType=audio/wav',
    'contents[].parts[].inlineData.mimeType=video/mp4',
    'contents[].parts[].inlineData.displayName',
    'contents[].parts[].fileData.fileUri',
    'contents[].parts[].mediaResolution',
    'contents[].parts[].executableCode',
    'contents[].parts[].codeExecutionResult',
  ),
  ...rows('1.5', 'contents[].role=user', 'contents[].role=model', 'contents[].role=function'),
  ...rows(
    '1.6',
    'tools[].functionDeclarations[].name',
    'tools[].functionDeclarations[].parametersJsonSchema',
    'tools[].functionDeclarations[].parameters',
    'tools[].googleSearch',
    'tools[].urlContext',
  ),
  ...rows(
    '1.7',
    'toolConfig.functionCallingConfig.mode=AUTO',
    'toolConfig.functionCallingConfig.mode=NONE',
    'toolConfig.functionCallingConfig.mode=ANY',
    'toolConfig.functionCallingConfig.mode=VALIDATED',
    'toolConfig.functionCallingConfig.allowedFunctionNames',
    'toolConfig.retrievalConfig',
  ),
  ...rows(
    '1.8',
    'contents[].parts[].functionCall.id',
    'contents[].parts[].functionCall.args',
    'contents[].parts[].functionResponse.response',
    'contents[].parts[].functionResponse.response.error',
    'contents[].parts[].functionResponse.parts',
  ),
  ...rows(
    '1.9',
    ...config(['thinkingConfig.thinkingLevel=MINIMAL', 'thinkingConfig.thinkingLevel=LOW']),
    ...config(['thinkingConfig.thinkingLevel=MEDIUM', 'thinkingConfig.thinkingLevel=HIGH']),
    ...config(['thinkingConfig.thinkingBudget', 'thinkingConfig.thinkingBudget=0']),
    ...config(['thinkingConfig.thinkingBudget=-1', 'thinkingConfig.includeThoughts']),
  ),
  ...rows('1.10', 'contents[].parts[].thought', 'contents[].parts[].thoughtSignature'),
  ...rows(
    '1.11',
    ...config(['responseMimeType=application/json', 'responseMimeType=text/plain']),
    ...config(['responseJsonSchema', 'responseSchema']),
  ),
  ...rows('1.12', 'cachedContent'),
  ...rows('1.16', 'labels', 'store', 'x_new', 'contents[].x_new', 'contents[].parts[].x_new'),
];
