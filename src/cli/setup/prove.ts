// Proves a setup: one plain answer, one stream, one tool call and one token count, as the client would ask for them.

import type { Client } from '../../clients/client.ts';
import { monotonicMs } from '../../lib/clock.ts';
import { asObject, asString, isObject, type JsonObject, tryParseJson } from '../../lib/json.ts';
import { parseFrames, type SseFrame } from '../../lib/sse.ts';
import { VERSION } from '../../lib/version.ts';
import { type Probe, probesFor } from './probes.ts';

/** `detail` is what came back, or what went wrong and what to do. */
export type Proof = { what: string; ok: boolean; detail: string };

export type Target = { origin: string; key: string; model: string; format: Client['format'] };

type Answer = { ms: number } & (
  | { ok: true; text: string; bytes: Uint8Array }
  | { ok: false; reason: string }
);

const TIMEOUT_MS = 120_000;
const QUOTED_CHARS = 60;

/** Hands each of the four to `tell` when it is known. Three of them are charged as any call is. */
export async function prove(target: Target, tell: (proof: Proof) => void): Promise<Proof[]> {
  const { plain, stream, tool, count } = probesFor(target.format, target.model);
  const proofs: Proof[] = [];
  const add = (what: string, ok: boolean, detail: string) => {
    proofs.push({ what, ok, detail });
    tell({ what, ok, detail });
  };
  const check = async (
    what: string,
    probe: Probe,
    read: (body: JsonObject) => string | undefined,
    lack: string,
  ) => {
    const answer = await call(target, probe);
    if (!answer.ok) return add(what, false, answer.reason);
    const found = read(asObject(tryParseJson(answer.text)));
    add(what, found !== undefined, found === undefined ? lack : `${found} (${answer.ms} ms)`);
  };

  await check('plain answer', plain, (body) => quoted(plain.read(body)), 'The answer has no text in it.');

  let frames: SseFrame[] = [];
  const streamed = await call(target, stream);
  if (streamed.ok) {
    frames = parseFrames(streamed.bytes);
    const text = stream.read(frames);
    const broken = frames.map(({ data }) => errorIn(data)).find((message) => message !== undefined);
    const lack =
      broken ?? 'The stream ends before its last event. Something between here and the server may cut it.';
    add(
      'stream',
      text !== undefined,
      text === undefined ? lack : `${frames.length} events: ${quoted(text)} (${streamed.ms} ms)`,
    );
  } else add('stream', false, streamed.reason);

  const noCall = `${target.model} answered without the call. Agents need a model that calls tools: choose another with --model.`;
  await check('tool call', tool, tool.read, noCall);

  const inWords = (tokens: number | undefined) =>
    tokens === undefined ? undefined : `${tokens} tokens in the prompt`;
  if (count.by === 'address')
    await check('token count', count, (body) => inWords(count.read(body)), 'The answer holds no count.');
  else {
    const words = inWords(count.read(frames));
    add('token count', words !== undefined, words ?? 'The stream does not tell its usage at the end.');
  }
  return proofs;
}

async function call({ origin, key }: Target, { path, body }: Probe): Promise<Answer> {
  const startedMs = monotonicMs();
  try {
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
        'user-agent': `osiris-setup/${VERSION}`,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const bytes = await response.bytes();
    const text = new TextDecoder().decode(bytes);
    const ms = Math.round(monotonicMs() - startedMs);
    if (response.ok) return { ok: true, ms, text, bytes };
    return { ok: false, ms, reason: reasonOf(response.status, errorIn(text)) };
  } catch (thrown) {
    const late = thrown instanceof Error && thrown.name === 'TimeoutError';
    const reason = late
      ? `No answer within ${TIMEOUT_MS / 1000} s.`
      : 'The connection broke off. Is the server still running?';
    return { ok: false, ms: 0, reason };
  }
}

/** The server's own words say what to do; they are missing only where something else answered. */
function reasonOf(status: number, message: string | undefined): string {
  return message === undefined
    ? `Status ${status}, and no reason given: it may come from a proxy in front of the server.`
    : `${message} (status ${status})`;
}

/** The message of an error body or event, in any of the formats. */
function errorIn(text: string): string | undefined {
  const body = asObject(tryParseJson(text));
  const holder = isObject(body.response) ? body.response : body;
  return asString(asObject(holder.error).message);
}

function quoted(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const line = text.replace(/\s+/g, ' ').trim();
  return JSON.stringify(line.length > QUOTED_CHARS ? `${line.slice(0, QUOTED_CHARS)}…` : line);
}
