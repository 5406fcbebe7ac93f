// Refuses a Gemini request for what Google itself refuses.

import {
  Breach,
  flagAt,
  inRange,
  type Json,
  listAt,
  matching,
  objectAt,
  oneOf,
  onlyMembers,
  stringAt,
} from './strict.ts';

const MEMBERS = [
  ...['contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'safetySettings'],
  ...['cachedContent', 'labels', 'serviceTier', 'store'],
];
const CONFIG = [
  ...['temperature', 'topP', 'topK', 'candidateCount', 'maxOutputTokens', 'stopSequences', 'seed'],
  ...['presencePenalty', 'frequencyPenalty', 'responseLogprobs', 'logprobs', 'responseMimeType'],
  ...[
    'responseSchema',
    'responseJsonSchema',
    'responseModalities',
    'speechConfig',
    'thinkingConfig',
    'mediaResolution',
  ],
];
const DATA = [
  ...['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse', 'executableCode'],
  'codeExecutionResult',
];
/** What stands in for a signature that was lost. */
const ESCAPE = 'skip_thought_signature_validator';
const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/;

/** Throws a Breach; `seals` are the signatures this upstream issued, the only ones it takes back. */
export function checkGoogle(body: Json, seals: ReadonlySet<string>): void {
  onlyMembers(body, MEMBERS, 'body');
  const contents = listAt(body.contents, 'contents');
  if (contents.length === 0) throw new Breach('contents', 'is not specified');
  if (body.systemInstruction !== undefined) {
    const system = objectAt(body.systemInstruction, 'systemInstruction');
    for (const [i, part] of listAt(system.parts, 'systemInstruction.parts').entries())
      stringAt(objectAt(part, `systemInstruction.parts[${i}]`).text, `systemInstruction.parts[${i}].text`);
  }
  checkConfig(objectAt(body.generationConfig ?? {}, 'generationConfig'));
  checkTools(body);
  checkTurns(contents, seals);
}

function checkConfig(config: Json): void {
  onlyMembers(config, CONFIG, 'generationConfig');
  inRange(config.temperature, 0, 2, 'generationConfig.temperature');
  inRange(config.topP, 0, 1, 'generationConfig.topP');
  inRange(config.maxOutputTokens, 1, 1_000_000, 'generationConfig.maxOutputTokens');
  if (listAt(config.stopSequences ?? [], 'generationConfig.stopSequences').length > 5)
    throw new Breach('generationConfig.stopSequences', 'at most 5');
  if (config.responseJsonSchema !== undefined) {
    oneOf(config.responseMimeType, ['application/json'], 'generationConfig.responseMimeType');
    checkSchema(config.responseJsonSchema, 'generationConfig.responseJsonSchema');
  }
  if (config.thinkingConfig === undefined) return;
  const thinking = objectAt(config.thinkingConfig, 'generationConfig.thinkingConfig');
  onlyMembers(thinking, ['thinkingBudget', 'thinkingLevel', 'includeThoughts'], 'thinkingConfig');
  flagAt(thinking.includeThoughts, 'thinkingConfig.includeThoughts');
  if (thinking.thinkingLevel === undefined) return;
  oneOf(thinking.thinkingLevel, ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'], 'thinkingConfig.thinkingLevel');
  if (thinking.thinkingBudget !== undefined)
    throw new Breach('thinkingConfig', 'You can only set only one of thinking budget and thinking level.');
}

function checkTools(body: Json): void {
  const names = new Set<string>();
  for (const [i, value] of listAt(body.tools ?? [], 'tools').entries()) {
    const tool = objectAt(value, `tools[${i}]`);
    onlyMembers(tool, ['functionDeclarations', 'googleSearch', 'codeExecution', 'urlContext'], `tools[${i}]`);
    const declarations = listAt(tool.functionDeclarations ?? [], `tools[${i}].functionDeclarations`);
    for (const [j, declared] of declarations.entries()) {
      const path = `tools[${i}].functionDeclarations[${j}]`;
      const one = objectAt(declared, path);
      onlyMembers(one, ['name', 'description', 'parameters', 'parametersJsonSchema'], path);
      const name = matching(one.name, NAME, `${path}.name`);
      if (names.has(name)) throw new Breach(`${path}.name`, `Duplicate function declaration found: ${name}`);
      names.add(name);
      if (one.parametersJsonSchema !== undefined)
        checkSchema(one.parametersJsonSchema, `${path}.parametersJsonSchema`);
    }
  }
  const config = objectAt(body.toolConfig ?? {}, 'toolConfig');
  onlyMembers(config, ['functionCallingConfig', 'includeServerSideToolInvocations'], 'toolConfig');
  const hosted = listAt(body.tools ?? [], 'tools').filter(
    (tool) => objectAt(tool, 'tool').functionDeclarations === undefined,
  );
  if (config.functionCallingConfig !== undefined && names.size === 0)
    throw new Breach('toolConfig', 'Function calling config is set without function_declarations.');
  if (names.size > 0 && hosted.length > 0 && config.includeServerSideToolInvocations !== true)
    throw new Breach(
      'toolConfig',
      'Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.',
    );
  const calling = objectAt(config.functionCallingConfig ?? {}, 'config');
  if (calling.mode !== undefined)
    oneOf(calling.mode, ['AUTO', 'ANY', 'NONE', 'VALIDATED'], 'toolConfig.mode');
  const allowed = listAt(calling.allowedFunctionNames ?? [], 'toolConfig.allowedFunctionNames');
  for (const name of allowed)
    if (!names.has(String(name))) throw new Breach('toolConfig', `${String(name)} is not declared`);
  if (allowed.length > 0) oneOf(calling.mode, ['ANY', 'VALIDATED'], 'toolConfig.mode');
}

const KEYWORDS = [
  ...['type', 'title', 'description', 'enum', 'default', 'format', 'required', 'properties', 'items'],
  ...['prefixItems', 'additionalProperties', 'anyOf', 'oneOf', '$ref', '$defs', 'minimum', 'maximum'],
  ...['minItems', 'maxItems', 'minLength', 'maxLength', 'pattern', 'propertyOrdering'],
];

/** Keywords by position: a property may have any name. */
function checkSchema(value: unknown, path: string): void {
  const schema = objectAt(value, path);
  for (const keyword of Object.keys(schema))
    if (!KEYWORDS.includes(keyword))
      throw new Breach(`${path}.${keyword}`, 'Unknown name: cannot find field');
  for (const map of ['properties', '$defs'])
    for (const [name, inner] of Object.entries(objectAt(schema[map] ?? {}, `${path}.${map}`)))
      checkSchema(inner, `${path}.${map}.${name}`);
  if (schema.items !== undefined) checkSchema(schema.items, `${path}.items`);
  for (const [i, inner] of listAt(schema.anyOf ?? [], `${path}.anyOf`).entries())
    checkSchema(inner, `${path}.anyOf[${i}]`);
}

/** User and model take turns, and the results of a turn's calls follow at once, one for each. */
function checkTurns(contents: unknown[], seals: ReadonlySet<string>): void {
  let waiting: Json[] = [];
  let before = '';
  for (const [i, value] of contents.entries()) {
    const path = `contents[${i}]`;
    const content = objectAt(value, path);
    onlyMembers(content, ['role', 'parts'], path);
    const role = oneOf(content.role, ['user', 'model'], `${path}.role`);
    if (role === before) throw new Breach(`${path}.role`, 'roles must alternate');
    if (i === 0 && role === 'model') throw new Breach(path, 'must begin with a user turn');
    before = role;
    const parts = listAt(content.parts, `${path}.parts`).map((part, j) =>
      objectAt(part, `${path}.parts[${j}]`),
    );
    if (parts.length === 0) throw new Breach(`${path}.parts`, 'must include at least one parts field');
    parts.forEach((part, j) => {
      checkPart(part, `${path}.parts[${j}]`, role, seals);
    });
    const results = parts.filter((part) => part.functionResponse !== undefined);
    if (results.length !== waiting.length)
      throw new Breach(
        path,
        'the number of function response parts must equal that of the function call parts',
      );
    results.forEach((result, j) => {
      checkResult(objectAt(result.functionResponse, path), waiting, `${path}.parts[${j}].functionResponse`);
    });
    const firstCall = parts.find((part) => part.functionCall !== undefined);
    if (firstCall && firstCall.thoughtSignature === undefined)
      throw new Breach(path, 'Function call is missing a thought_signature in functionCall parts.');
    waiting = parts.flatMap((part) => (part.functionCall === undefined ? [] : [part.functionCall as Json]));
  }
}

function checkPart(part: Json, path: string, role: string, seals: ReadonlySet<string>): void {
  const kinds = Object.keys(part).filter((name) => name !== 'thought' && name !== 'thoughtSignature');
  for (const kind of kinds) if (!DATA.includes(kind)) throw new Breach(`${path}.${kind}`, 'Unknown name');
  if (kinds.length !== 1)
    throw new Breach(path, "required oneof field 'data' must have one initialized field");
  flagAt(part.thought, `${path}.thought`);
  if (part.text !== undefined) stringAt(part.text, `${path}.text`);
  if (part.functionCall !== undefined) {
    if (role !== 'model') throw new Breach(path, 'function calls belong to the model');
    const call = objectAt(part.functionCall, path);
    onlyMembers(call, ['id', 'name', 'args'], `${path}.functionCall`);
    matching(call.name, NAME, `${path}.functionCall.name`);
    objectAt(call.args ?? {}, `${path}.functionCall.args`);
  }
  if (part.functionResponse !== undefined && role !== 'user')
    throw new Breach(path, 'function responses belong to the user');
  if (part.thoughtSignature === undefined) return;
  const seal = stringAt(part.thoughtSignature, `${path}.thoughtSignature`);
  if (seal !== ESCAPE && !seals.has(seal))
    throw new Breach(`${path}.thoughtSignature`, 'Corrupted thought signature.');
}

function checkResult(result: Json, calls: Json[], path: string): void {
  onlyMembers(result, ['id', 'name', 'response', 'parts'], path);
  const response = objectAt(result.response, `${path}.response`);
  if (JSON.stringify(response).includes('"$ref"')) throw new Breach(`${path}.response`, '$ref leads nowhere');
  const isCalled = calls.some((call) => call.name === result.name && (result.id ?? call.id) === call.id);
  if (!isCalled) throw new Breach(`${path}.name`, `no call of ${String(result.name)} waits for it`);
}
