// What the writers of one request share: the request, the target, and the losses so far.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { CacheMark, SourcePath } from '../../../canonical/part.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import type { Target } from '../../codec.ts';
import type { Room } from '../../schema/fit.ts';

export type Writing = {
  request: CanonicalRequest;
  target: Target;
  losses: Loss[];
  room: Room;
  /** Google tells what its own tools do, and wants to be told what they did. */
  tellsRuns: boolean;
};

/** Notes a loss of a control under the name the client wrote it as. */
export function lose(writing: Writing, control: string, action: Loss['action'], reason: string): void {
  const { origin } = writing.request;
  const [group = control] = control.split('.');
  writing.losses.push({ path: origin[control] ?? origin[group] ?? control, action, reason });
}

/** Notes what of a part or tool could not be carried. */
export function note(
  writing: Writing,
  at: SourcePath | undefined,
  action: Loss['action'],
  reason: string,
): void {
  writing.losses.push({ path: at ?? 'messages', action, reason });
}

/** Google caches by itself and has no marks. */
export function dropMark(part: { cache?: CacheMark; at?: SourcePath }, writing: Writing): void {
  if (part.cache) note(writing, part.at, 'changed', 'Google has no cache marks');
}

/** A 400 that names the member as the client wrote it. */
export function unsupported(at: SourcePath | undefined, what: string): Fault {
  const where = at === undefined ? 'This request' : `\`${at}\``;
  return new Fault('unsupported_parameter', `${where} cannot be sent to this model: ${what}.`, { param: at });
}
