// Folds the events of a stream into the whole answer they describe.

import { callInput } from './call-input.ts';
import type { PartDelta, PartStart, StreamEvent } from './event.ts';
import type { Fault } from './fault.ts';
import type { AudioPart, Part, ReasoningPart } from './part.ts';
import type { CanonicalResponse } from './response.ts';

/** Collects the events of one stream; `response()` is the answer so far, `fault` the error that ended it. */
export class Fold {
  fault: Fault | undefined;
  finished = false;
  readonly #response: CanonicalResponse = { parts: [], finish: { reason: 'end' } };

  push(event: StreamEvent): void {
    const response = this.#response;
    switch (event.type) {
      case 'start':
        if (event.id !== undefined) response.id = event.id;
        if (event.model !== undefined) response.model = event.model;
        if (event.createdS !== undefined) response.createdS = event.createdS;
        if (event.serviceTier !== undefined) response.serviceTier = event.serviceTier;
        if (event.usage) response.usage = event.usage;
        return;
      case 'part-start':
        response.parts[event.index] = beginPart(event.part);
        return;
      case 'part-delta': {
        const part = response.parts[event.index];
        if (part) growPart(part, event.delta);
        return;
      }
      case 'part-end': {
        const part = response.parts[event.index];
        if (part?.kind === 'tool-call' && part.form === 'json') part.input = callInput(part.input);
        return;
      }
      case 'usage':
        response.usage = event.usage;
        if (event.serviceTier !== undefined) response.serviceTier = event.serviceTier;
        return;
      case 'finish':
        response.finish = event.finish;
        this.finished = true;
        return;
      case 'error':
        this.fault = event.fault;
        return;
      default:
        event satisfies never;
    }
  }

  response(): CanonicalResponse {
    return this.#response;
  }
}

function beginPart(start: PartStart): Part {
  switch (start.kind) {
    case 'text':
      return start.phase === undefined
        ? { kind: 'text', text: '' }
        : { kind: 'text', text: '', phase: start.phase };
    case 'refusal':
      return { kind: 'refusal', text: '' };
    case 'reasoning':
      return { ...start, summary: [], content: [] };
    case 'tool-call':
      return { ...start, input: '' };
    case 'audio': {
      const { mediaType, id } = start;
      const part: AudioPart = { kind: 'audio', source: { from: 'base64', mediaType, data: '' } };
      return id === undefined ? part : { ...part, id };
    }
    case 'image':
    case 'opaque':
      return start;
    default:
      return start satisfies never;
  }
}

function growPart(part: Part, delta: PartDelta): void {
  switch (delta.kind) {
    case 'text':
      if (part.kind !== 'text') return;
      part.text += delta.text;
      if (delta.logprobs) {
        part.logprobs ??= [];
        for (const one of delta.logprobs) part.logprobs.push(one);
      }
      return;
    case 'citation':
      if (part.kind === 'text') {
        part.citations ??= [];
        part.citations.push(delta.citation);
      }
      return;
    case 'refusal':
      if (part.kind === 'refusal') part.text += delta.text;
      return;
    case 'reasoning':
      if (part.kind === 'reasoning') growSection(part[delta.form], delta.section, delta.text);
      return;
    case 'seal':
      if (part.kind === 'reasoning') (part as ReasoningPart).seal = delta.seal;
      return;
    case 'input':
      if (part.kind === 'tool-call') part.input += delta.text;
      return;
    case 'audio':
      if (part.kind !== 'audio') return;
      if (delta.data !== undefined && part.source.from === 'base64') part.source.data += delta.data;
      if (delta.transcript !== undefined) part.transcript = (part.transcript ?? '') + delta.transcript;
      return;
    default:
      delta satisfies never;
  }
}

function growSection(sections: string[], section: number, text: string): void {
  while (sections.length <= section) sections.push('');
  sections[section] += text;
}
