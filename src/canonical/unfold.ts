// Turns a whole answer into the events of the stream it would have been.

import type { PartDelta, PartStart, StreamEvent } from './event.ts';
import type { Part } from './part.ts';
import type { CanonicalResponse } from './response.ts';

/** The inverse of a fold, one delta per piece. Parts that answers never hold (results, files) are left out. */
export function unfold(response: CanonicalResponse): StreamEvent[] {
  const { id, model, createdS, serviceTier, usage } = response;
  const events: StreamEvent[] = [
    {
      type: 'start',
      ...(id === undefined ? {} : { id }),
      ...(model === undefined ? {} : { model }),
      ...(createdS === undefined ? {} : { createdS }),
      ...(serviceTier === undefined ? {} : { serviceTier }),
    },
  ];
  let index = 0;
  for (const part of response.parts) {
    const pieces = takeApart(part);
    if (!pieces) continue;
    events.push({ type: 'part-start', index, part: pieces.start });
    for (const delta of pieces.deltas) events.push({ type: 'part-delta', index, delta });
    events.push({ type: 'part-end', index });
    index++;
  }
  if (usage) events.push({ type: 'usage', usage });
  events.push({ type: 'finish', finish: response.finish });
  return events;
}

function takeApart(part: Part): { start: PartStart; deltas: PartDelta[] } | undefined {
  switch (part.kind) {
    case 'text': {
      const deltas: PartDelta[] = [];
      if (part.text !== '' || part.logprobs)
        deltas.push({ kind: 'text', text: part.text, ...(part.logprobs ? { logprobs: part.logprobs } : {}) });
      for (const citation of part.citations ?? []) deltas.push({ kind: 'citation', citation });
      const start: PartStart =
        part.phase === undefined ? { kind: 'text' } : { kind: 'text', phase: part.phase };
      return { start, deltas };
    }
    case 'refusal':
      return { start: { kind: 'refusal' }, deltas: [{ kind: 'refusal', text: part.text }] };
    case 'reasoning': {
      const { summary, content, seal, at: _, ...start } = part;
      const deltas: PartDelta[] = [];
      summary.forEach((text, section) => {
        deltas.push({ kind: 'reasoning', form: 'summary', section, text });
      });
      content.forEach((text, section) => {
        deltas.push({ kind: 'reasoning', form: 'content', section, text });
      });
      if (seal) deltas.push({ kind: 'seal', seal });
      return { start, deltas };
    }
    case 'tool-call': {
      const { input, cache: _cache, at: _at, ...start } = part;
      return { start, deltas: [{ kind: 'input', text: input }] };
    }
    case 'audio': {
      if (part.source.from !== 'base64') return undefined;
      const { mediaType, data } = part.source;
      const delta: PartDelta = { kind: 'audio', data };
      if (part.transcript !== undefined) delta.transcript = part.transcript;
      const start: PartStart = {
        kind: 'audio',
        mediaType,
        ...(part.id === undefined ? {} : { id: part.id }),
      };
      return { start, deltas: [delta] };
    }
    case 'opaque':
      return { start: part, deltas: [] };
    case 'image':
      return { start: { kind: 'image', source: part.source }, deltas: [] };
    case 'file':
    case 'tool-result':
      return undefined;
    default:
      return part satisfies never;
  }
}
