// Thought signatures between Google, its clients and everybody else: each issuer sees its own only.

import { describe, expect, test } from 'bun:test';
import type { CanonicalResponse } from '../../../src/canonical/response.ts';
import { unfold } from '../../../src/canonical/unfold.ts';
import type { Dress } from '../../../src/formats/codec.ts';
import { googleGenerateContent as codec } from '../../../src/formats/google-generate-content/index.ts';
import { sealFor, unwrapSeals, wrapSeals } from '../../../src/formats/seal.ts';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';

const KEY = new Uint8Array(32).fill(7);
const LOST = 'skip_thought_signature_validator';
const dress: Dress = { model: 'm', id: 'a', createdS: 1, includeUsage: true, request: {}, requestId: 'r' };

/** An answer of Anthropic as a client of this format gets it. */
function foreignAnswer(seal = { issuer: 'anthropic', data: 'ANTHROPIC-SIGNATURE' }): JsonObject[] {
  const response: CanonicalResponse = {
    parts: [
      { kind: 'reasoning', summary: ['Hm.'], content: [], seal },
      { kind: 'tool-call', id: 'c', name: 'f', form: 'json', input: '{}' },
    ],
    finish: { reason: 'tool' },
  };
  const body = codec.encodeResponse(wrapSeals(response, 'google', KEY), dress);
  return asArray(asObject(asObject(asArray(body.candidates)[0]).content).parts).map(asObject);
}

const shown = (parts: JsonObject[]) => {
  const body = { contents: [{ role: 'model', parts }] };
  const show = sealFor('google', KEY);
  const out = codec.showSeals?.(body, show) ?? { value: body, losses: [] };
  return {
    ...out,
    isSame: out.value === body,
    parts: asArray(asObject(asArray(out.value.contents)[0]).parts),
  };
};

describe('a seal of another issuer', () => {
  test('reaches a client in an envelope, on the call it led to', () => {
    const [thought, call] = foreignAnswer();
    expect(thought).toEqual({ text: 'Hm.', thought: true });
    expect(call?.thoughtSignature).toStartWith('osr1.');
    expect(JSON.stringify(call)).not.toContain('ANTHROPIC-SIGNATURE');
  });

  test('comes back to its issuer out of the envelope, with the thoughts the client kept', () => {
    const { value } = codec.decodeRequest({ contents: [{ role: 'model', parts: foreignAnswer() }] });
    expect(unwrapSeals(value, KEY).value.messages[0]?.parts[0]).toMatchObject({
      kind: 'reasoning',
      summary: ['Hm.'],
      seal: { issuer: 'anthropic', data: 'ANTHROPIC-SIGNATURE' },
    });
  });

  test('never goes to Google, which is told that it was lost, and so is the operator', () => {
    const { parts, losses } = shown(foreignAnswer());
    expect(parts).toEqual([
      { text: 'Hm.', thought: true },
      { functionCall: { id: 'c', name: 'f', args: {} }, thoughtSignature: LOST },
    ]);
    expect(losses).toMatchObject([{ path: 'contents[0].parts[1].thoughtSignature', action: 'dropped' }]);
    const [text] = shown([{ text: 'a', thoughtSignature: foreignAnswer()[1]?.thoughtSignature ?? '' }]).parts;
    expect(text).toEqual({ text: 'a' });
  });

  test('hides in no lone part either', () => {
    const parts = foreignAnswer()[1] ?? {};
    const { value } =
      codec.showSeals?.({ contents: [{ role: 'model', parts }] }, sealFor('google', KEY)) ?? {};
    expect(JSON.stringify(value)).not.toContain('osr1.');
    expect(JSON.stringify(value)).toContain(LOST);
  });

  test('changed on the way is nobody’s', () => {
    const [, call] = foreignAnswer();
    const forged = { ...call, thoughtSignature: `${String(call?.thoughtSignature).slice(0, -1)}~` };
    expect(shown([forged]).parts).toMatchObject([{ thoughtSignature: LOST }]);
  });
});

test('Google’s own signature passes as it came, and the body with it', () => {
  const own = { functionCall: { name: 'f' }, thoughtSignature: 'EqUECqIEAdHtim8' };
  expect(shown([{ text: 'a' }, own])).toMatchObject({ isSame: true, losses: [] });
});

test('a call that nobody sealed says so, once a turn, so that the conversation may go on at Google', () => {
  const call = (id: string) => ({ kind: 'tool-call', id, name: 'f', form: 'json', input: '{}' }) as const;
  const body = codec.encodeResponse({ parts: [call('a'), call('b')], finish: { reason: 'tool' } }, dress);
  const { content } = asObject(asArray(body.candidates)[0]);
  expect(asArray(asObject(content).parts).map((part) => asObject(part).thoughtSignature)).toEqual([
    LOST,
    undefined as never,
  ]);
  const { value } = codec.decodeRequest({ contents: [asObject(content)] });
  expect(value.messages[0]?.parts.map((part) => part.kind)).toEqual(['tool-call', 'tool-call']);
});

describe('what Google’s own tools did', () => {
  const run = { toolCall: { id: 't', toolType: 'GOOGLE_SEARCH_WEB', args: {} }, thoughtSignature: 'RUN' };
  const call = { functionCall: { id: 'c', name: 'f', args: {} }, thoughtSignature: 'CALL' };
  const said = [{ text: 'Hm.', thought: true }, run, { text: 'So' }, call];
  const candidate = { content: { role: 'model', parts: said }, finishReason: 'STOP', index: 0 };

  test('is a part of its own, whose signature seals nothing else', () => {
    const { parts } = codec.decodeResponse({ candidates: [candidate] });
    expect(parts).toMatchObject([
      { kind: 'reasoning', summary: ['Hm.'] },
      { kind: 'reasoning', redacted: true, seal: { issuer: 'google', data: JSON.stringify(run) } },
      { kind: 'text', text: 'So' },
      { kind: 'reasoning', seal: { data: 'CALL' } },
      { kind: 'tool-call', name: 'f' },
    ]);
    expect(parts[0]).not.toHaveProperty('seal');
  });

  test('reaches Google’s own clients as it came, whole and streamed', () => {
    const response = codec.decodeResponse({ candidates: [candidate] });
    const { content } = asObject(asArray(codec.encodeResponse(response, dress).candidates)[0]);
    expect(asObject(content).parts).toEqual(said);
    const encoder = codec.streamEncoder(dress);
    const frames = unfold(response).map((event) => encoder.push(event));
    expect(frames.join('')).toContain(`"parts":[${JSON.stringify(run)}]`);
    expect(frames.join('')).toContain(`"parts":[${JSON.stringify(call)}]`);
  });
});
