// Writes canonical events as a Responses stream.

import type { StreamEvent } from '../../../canonical/event.ts';
import { type JsonObject, jsonBehind } from '../../../lib/json.ts';
import { writeFrame } from '../../../lib/sse.ts';
import type { Dress, StreamEncoder } from '../../codec.ts';
import { AnswerWriter } from './answer-writer.ts';

export class ResponsesStreamEncoder implements StreamEncoder {
  readonly #writer: AnswerWriter;
  #frames = '';
  #sequence = 0;

  constructor(dress: Dress) {
    this.#writer = new AnswerWriter(dress, (type, members) => this.#add(type, members));
  }

  push(event: StreamEvent): string {
    this.#writer.push(event);
    const frames = this.#frames;
    this.#frames = '';
    return frames;
  }

  #add(type: string, members: JsonObject): void {
    const head = `"type":"${type}","sequence_number":${this.#sequence++}`;
    this.#frames += writeFrame(jsonBehind(head, members), type);
  }
}
