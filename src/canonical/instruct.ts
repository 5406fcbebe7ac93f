// Puts one more instruction where the instructions of a request end.

import type { CanonicalRequest } from './request.ts';
import { isInstruction } from './system-note.ts';

/** Behind the leading instructions, so that the prompt before them stays the same for the provider's cache. */
export function instruct(request: CanonicalRequest, text: string): CanonicalRequest {
  const first = request.messages.findIndex((message) => !isInstruction(message));
  const at = first === -1 ? request.messages.length : first;
  const messages = request.messages.toSpliced(at, 0, { role: 'system', parts: [{ kind: 'text', text }] });
  return { ...request, messages };
}
