// What a scripted upstream plays for one conversation, and what it has received of it.

import type { Cutting, Turn, WireFormat } from './script.ts';
import type { Json } from './strict.ts';
import type { Issued } from './wire.ts';

/** One request as it arrived. */
export type Received = {
  format: WireFormat;
  path: string;
  query: string;
  headers: Record<string, string>;
  raw: Uint8Array;
  body: Json;
  /** Which model was asked for, by the body or by the path. */
  model: string;
  /** What a strict provider found wrong; the request was then answered with 400. */
  breach: string | undefined;
  /** It took a turn of the script. */
  tookTurn: boolean;
  /** It only asked for a token count. */
  counting: boolean;
  /** The caller left before the answer was complete. */
  aborted: boolean;
};

export class Scene {
  /** Every request since the last script, in order of arrival. */
  readonly received: Received[] = [];
  /** Apart for each format, as for different providers: what one sealed, another must never see. */
  readonly issued: Record<WireFormat, Issued> = {
    'openai-chat': nothingIssued(),
    'openai-responses': nothingIssued(),
    'anthropic-messages': nothingIssued(),
    'google-generate-content': nothingIssued(),
  };
  cutting: Cutting = { kind: 'frame' };
  #script: Turn[] = [];

  /** Starts a script from its first turn and forgets what was received. */
  play(turns: Turn[], cutting: Cutting = { kind: 'frame' }): void {
    this.#script = turns;
    this.cutting = cutting;
    this.received.length = 0;
  }

  turn(position: number): Turn | undefined {
    return this.#script[position];
  }

  /** The requests that took a turn. */
  turnsTaken(): Received[] {
    return this.received.filter((one) => one.tookTurn);
  }

  /** What strict checking found since the last script. */
  breaches(): string[] {
    return this.received.flatMap((one) => (one.breach === undefined ? [] : [one.breach]));
  }
}

function nothingIssued(): Issued {
  return { seals: new Set(), reasonings: new Set(), items: new Map() };
}
