// Spoils a stream: frames lost, repeated, shuffled, broken, foreign ones between them, bytes damaged.

import type { Dice } from './dice.ts';
import { spoilBytes, spoilJson } from './spoil-text.ts';

const FOREIGN = [
  'data: {"type":\n\n',
  'data: null\n\n',
  'data: []\n\n',
  'data:\n\n',
  'data\n\n',
  'event: error\ndata: {}\n\n',
  'data: {"error":"it broke"}\n\n',
  'data: {"error":{"message":"it broke","type":"server_error","code":null}}\n\n',
  'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n',
  '<html>502 Bad Gateway</html>\n\n',
  '\u0000\n\n',
  'data: [DONE]\n\n',
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  'data: {"type":"response.completed"}\n\n',
  'event: ping\ndata: {"type":"ping"}\n\n',
  ': keep-alive\n\n',
  '\n\n\n',
  '\ufeffdata: {}\n\n',
  'id: 1\nretry: 1\ndata: {"choices":[]}\n\n',
] as const;

/** The bytes of the frames after up to five accidents. */
export function spoilStream(dice: Dice, whole: readonly string[]): Uint8Array {
  const frames = [...whole];
  for (let times = 1 + dice.below(5); times > 0; times--) {
    const at = dice.below(frames.length + 1);
    const frame = frames[at] ?? '';
    switch (dice.below(9)) {
      case 0:
        frames.splice(at, 1);
        break;
      case 1:
        frames.splice(at, 0, ...Array<string>(dice.one([1, 1, 1, 40])).fill(frame));
        break;
      case 2:
        frames.splice(at, 1, ...frames.splice(dice.below(frames.length + 1), 1), frame);
        break;
      case 3:
        frames.splice(at, 0, dice.one(FOREIGN));
        break;
      case 4:
        frames.splice(at);
        break;
      case 5:
        // two frames run into one, or one falls in two
        frames.splice(at, 1, dice.chance(50) ? frame.trimEnd() : frame.replace(/.{1,9}$/m, '$&\n\n'));
        break;
      default: {
        const json = frame.indexOf('{');
        if (json === -1) break;
        const spoilt = spoilJson(dice, frame.slice(json).trimEnd());
        // as text: bytes that are no UTF-8 come with the damage below
        frames[at] = `${frame.slice(0, json)}${Buffer.from(spoilt).toString()}\n\n`;
      }
    }
  }
  const wire = Buffer.from(frames.join(''));
  return dice.chance(10) ? spoilBytes(dice, wire) : wire;
}

/** Where the wire is cut into chunks: seldom, often, or between all bytes. */
export function cutsOf(dice: Dice): number {
  return dice.one([1_000_000, 1_000_000, 1_000, 1_000, 250, 61, 7]);
}
