// Several whole answers written as the one the client asked for.

import type { CanonicalResponse } from '../../canonical/response.ts';
import { unfold } from '../../canonical/unfold.ts';
import { type CostOf, sumUsages } from '../../canonical/usage.ts';
import { nowS } from '../../lib/clock.ts';
import { newAnswerToken } from '../../lib/id.ts';
import { asArray, type JsonObject } from '../../lib/json.ts';
import { type Call, dressOf } from '../call.ts';
import type { Meter } from '../meter.ts';
import type { TranscodePlan } from '../plans/transcode.ts';
import { forClient, type Whole } from './whole.ts';

/**
 * One body with every answer under its index, or the one-shot stream of it when a stream was asked for; with the usage
 * of all of them. `meters` have heard the answers, one each.
 */
export function writeSeveral(
  call: Call,
  plan: TranscodePlan,
  responses: CanonicalResponse[],
  meters: Meter[],
  costOf: CostOf,
): Whole {
  const total = sumUsages(meters.map((meter) => meter.usage()));
  const cost = costOf(total);
  const usage = cost ? { ...total, cost } : total;
  const answers = responses.map((response) => ({ ...forClient(call, plan, response), usage }));
  const text = call.stream ? streamOf(call, answers) : JSON.stringify(bodyOf(call, answers));
  return { body: new TextEncoder().encode(text), stream: call.stream };
}

function bodyOf(call: Call, answers: CanonicalResponse[]): JsonObject {
  const { codec } = call;
  const dress = dressOf(call, newAnswerToken(), nowS());
  const bodies = answers.map((answer, index) =>
    codec.encodeResponse(answer, { ...dress, choice: { index, endsAll: () => true } }),
  );
  const member = codec.choicesMember ?? 'choices';
  return { ...bodies[0], [member]: bodies.flatMap((body) => asArray(body[member])) };
}

function streamOf(call: Call, answers: CanonicalResponse[]): string {
  const dress = dressOf(call, newAnswerToken(), nowS());
  return answers
    .flatMap((answer, index) => {
      const endsAll = () => index === answers.length - 1;
      const encoder = call.codec.streamEncoder({ ...dress, choice: { index, endsAll } });
      return unfold(answer).map((event) => encoder.push(event));
    })
    .join('');
}
