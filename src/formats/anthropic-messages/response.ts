// A whole message of the Messages format, read and written.

import { Fault } from '../../canonical/fault.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { asObject, asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Dress } from '../codec.ts';
import { decodeBlock } from './decode/block.ts';
import { encodeAnswerPart, withoutSealedEnd } from './encode/answer-blocks.ts';
import { decodeErrorEvent } from './errors.ts';
import { decodeFinish, encodeFinish } from './finish.ts';
import { HostedBlocks } from './hosted-blocks.ts';
import { decodeUsage, encodeUsage, isCodeRun } from './usage.ts';

/** Reads a message; see the codec contract for its faults. */
export function decodeResponse(body: JsonObject): CanonicalResponse {
  if (body.type === 'error' || isObject(body.error)) throw decodeErrorEvent(body);
  if (!Array.isArray(body.content)) throw notAMessage();
  const response: CanonicalResponse = { parts: [], finish: { reason: 'end' } };
  const id = asString(body.id);
  const model = asString(body.model);
  if (id !== undefined) response.id = id;
  if (model !== undefined) response.model = model;
  try {
    response.parts = body.content.map((block, i) =>
      decodeBlock(withId(block, `${id ?? 'call'}_${i}`), undefined, []),
    );
  } catch (thrown) {
    // a block without what its type is about: the provider's mistake, not the client's
    throw notAMessage(thrown);
  }
  const called = response.parts.some((part) => part.kind === 'tool-call');
  response.finish = decodeFinish(body, called);
  const runs = body.content.filter((block) => isObject(block) && isCodeRun(block)).length;
  const container = asString(asObject(body.container).id);
  const usage = decodeUsage(body.usage, 'reported', { runs, container });
  if (usage) response.usage = usage;
  if (usage?.tier !== undefined) response.serviceTier = usage.tier;
  return response;
}

/** Some vendors forget the id of a call; the client needs one to answer it. */
function withId(block: JsonValue, spareId: string): JsonValue {
  return isObject(block) && block.type === 'tool_use' && !asString(block.id)
    ? { ...block, id: spareId }
    : block;
}

function notAMessage(cause?: unknown): Fault {
  return new Fault('bad_gateway', 'The provider’s answer is no message; try again or use another model.', {
    cause,
  });
}

/** Writes the message a client gets, with every member the type requires. */
export function encodeResponse(response: CanonicalResponse, dress: Dress): JsonObject {
  const hosted = new HostedBlocks(dress);
  const blocks = response.parts.flatMap((part): JsonObject[] => {
    const ran = part.kind === 'opaque' ? hosted.of(part) : undefined;
    if (ran) return ran;
    const block = encodeAnswerPart(part);
    return [...hosted.rest(), ...(block ? [block] : [])];
  });
  const content = withoutSealedEnd([...blocks, ...hosted.rest()]);
  const called = content.some((block) => block.type === 'tool_use');
  return messageBody(dress, content, {
    ...encodeFinish(response.finish, called),
    usage: encodeUsage(response.usage),
  });
}

/** The members around the content, in the order Anthropic writes them. */
export function messageBody(dress: Dress, content: JsonObject[], end: JsonObject): JsonObject {
  return {
    id: dress.id,
    type: 'message',
    role: 'assistant',
    model: dress.model,
    content,
    container: null,
    diagnostics: null,
    ...end,
  };
}
