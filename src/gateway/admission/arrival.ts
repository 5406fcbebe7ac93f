// A request as it comes in, before anybody knows whether it becomes a call.

import type { BodyKind } from '../../formats/check.ts';
import type { Address, Codec } from '../../formats/codec.ts';
import { nowMs } from '../../lib/clock.ts';
import type { Key } from '../../store/ports.ts';

/** The route a request came in by. `free` routes have a limit of their own and cost nothing. */
export type Door = {
  path: string;
  codec: Codec;
  kind: BodyKind;
  free: boolean;
  /** What the path said, for formats whose bodies do not have it. */
  address?: Address;
  /** Keys that came in another way than the two common ones, best first. */
  secrets?: readonly (string | null)[];
};

/** A request at its door. What admission finds out is noted on it, so that a refusal can be told with it. */
export type Arrival = {
  readonly request: Request;
  readonly door: Door;
  /** The label both sides use when they talk about this request. */
  readonly requestId: string;
  readonly startedMs: number;
  key: Key | undefined;
  /** Of its body. */
  bytes: number | undefined;
  /** As the client wrote it. */
  modelName: string | undefined;
  admitted: boolean;
};

/** One that comes in now. */
export function arrive(request: Request, door: Door, requestId: string): Arrival {
  return {
    request,
    door,
    requestId,
    startedMs: nowMs(),
    key: undefined,
    bytes: undefined,
    modelName: undefined,
    admitted: false,
  };
}
