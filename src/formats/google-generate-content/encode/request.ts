// A canonical request to a body of this format for one target; model and stream go into the path.

import { distinctIds } from '../../../canonical/distinct-ids.ts';
import type { Loss } from '../../../canonical/loss.ts';
import { pairResults } from '../../../canonical/pair-results.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import { asObject, type JsonObject } from '../../../lib/json.ts';
import type { Converted, Target } from '../../codec.ts';
import { newRoom } from '../../schema/fit.ts';
import { FORMAT } from '../names.ts';
import { encodeContents } from './contents.ts';
import { encodeControls, encodeServiceTier } from './controls.ts';
import { encodeTools } from './tools.ts';
import type { Writing } from './writing.ts';

/** Members come in a fixed order, so that equal requests give equal bytes and the provider's prompt cache can hit. */
export function encodeRequest(request: CanonicalRequest, target: Target): Converted<JsonObject> {
  const losses: Loss[] = [];
  const paired = { ...request, messages: distinctIds(pairResults(request.messages, losses)) };
  const writing: Writing = { request: paired, target, losses, room: newRoom(), tellsRuns: false };
  const tools = encodeTools(writing);
  const config = encodeControls(writing);
  const { system, contents } = encodeContents(writing);
  const value: JsonObject = {};
  // Gemma knows no instructions: they stand in front of what the user says first
  const isGemma = /gemma/i.test(target.model);
  if (isGemma) prepend(system, contents);
  else if (system.length > 0) value.systemInstruction = { parts: system };
  value.contents = contents;
  Object.assign(value, tools);
  if (Object.keys(config).length > 0) value.generationConfig = config;
  Object.assign(value, encodeServiceTier(writing));
  const own = request.vendor?.raw;
  if (own?.format === FORMAT) {
    const { generationConfig, ...members } = asObject(own.value);
    Object.assign(value, members);
    const settings = { ...asObject(generationConfig), ...config };
    if (Object.keys(settings).length > 0) value.generationConfig = settings;
  }
  return { value, losses };
}

function prepend(system: JsonObject[], contents: JsonObject[]): void {
  const [first] = contents;
  if (system.length === 0) return;
  if (first?.role === 'user' && Array.isArray(first.parts)) first.parts = [...system, ...first.parts];
  else contents.unshift({ role: 'user', parts: system });
}
