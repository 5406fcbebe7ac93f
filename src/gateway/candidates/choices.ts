// The deployments that may answer a call with what speaks for and against each, for people.

import { priceAt } from '../../catalog/price.ts';
import { formatUnitPrice } from '../../lib/money.ts';
import type { Call } from '../call.ts';
import type { Candidate } from './candidate.ts';
import { type CoursePorts, type Prospect, prospectsOf } from './course.ts';

/** `call` is what it would be there: a model that stands in has its own price. `obstacle` says why it is not tried. */
export type Choice = {
  candidate: Candidate;
  call: Call;
  isFallback: boolean;
  reasons: string[];
  obstacle: string | undefined;
};

/** In the order they would be tried now. Changes nothing. */
export function choicesOf(call: Call, ports: CoursePorts): Choice[] {
  const prospects = prospectsOf(call, ports);
  const isSteady = ports.config.routing.strategy !== 'priority';
  const last = isSteady ? ports.conversations.candidateOf(call, prospects) : undefined;
  return prospects.map((prospect, index) => {
    const { candidate, model, resolution, isFallback } = prospect;
    const price = priceAt(model, call.startedMs) ?? call.price;
    const reasons = reasonsOf(prospect, index === 0, call, ports);
    if (prospect === last) reasons.unshift('the conversation was answered there last');
    return {
      candidate,
      call: { ...call, model, resolution, price },
      isFallback,
      reasons,
      obstacle: obstacleIn(prospect, call),
    };
  });
}

function reasonsOf(prospect: Prospect, isFirst: boolean, call: Call, { config }: CoursePorts): string[] {
  const { candidate, model, isFallback, fitness, standing } = prospect;
  const reasons: string[] = [];
  if (isFallback) reasons.push(`${model.id} stands in for ${call.model.id} when that cannot answer`);
  else if (call.resolution.pinned !== undefined) reasons.push('the name asks for this provider and no other');
  reasons.push(isFirst ? 'it is the first choice' : 'it is asked when those before it fail');
  switch (config.routing.strategy) {
    case 'priority':
      break;
    case 'weighted':
      reasons.push(`its weight is ${standing.weight}, and the order is drawn anew for every call`);
      break;
    case 'cheapest':
      reasons.push(
        `this call would cost the operator about $${formatUnitPrice(Math.ceil(standing.cost))} there`,
      );
      break;
    case 'fastest':
      reasons.push(
        standing.firstTokenMs === undefined
          ? 'how fast it is has not been measured of late'
          : `its first token came after about ${Math.round(standing.firstTokenMs)} ms of late`,
      );
      break;
    case 'least_busy':
      reasons.push(`${standing.open} calls are under way there`);
      break;
    default:
      config.routing.strategy satisfies never;
  }
  if (fitness === 'ill') reasons.push('it has failed of late and comes behind all that have not');
  if (fitness === 'probe') reasons.push('it has failed of late: this call would find out whether it is back');
  const { credentials } = candidate.provider;
  if (credentials.length > 1) reasons.push(`its ${credentials.length} keys take turns`);
  return reasons;
}

function obstacleIn({ obstacle, model }: Prospect, { key }: Call): string | undefined {
  switch (obstacle) {
    case undefined:
      return undefined;
    case 'paused':
      return 'the operator has paused it';
    case 'tags':
      return `the key requires deployments with the tags ${key.requireTags?.join(', ')}`;
    case 'models':
      return `the key may not use ${model.id}`;
    case 'search':
      return 'the request insists on a web search, which it has not';
    case 'price':
      return `${model.id} has no price`;
    default:
      return obstacle satisfies never;
  }
}
