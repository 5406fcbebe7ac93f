// A scripted provider on loopback: checks requests as strictly as real ones do, answers by script, records all.

import { cutFrames } from './cutting.ts';
import { sayValue } from './say-value.ts';
import { type Received, Scene } from './scene.ts';
import { type Asked, type Cutting, sealOf, type Turn } from './script.ts';
import { Breach, type Json } from './strict.ts';
import { type Issued, type Wire, wireAt } from './wire.ts';

export type Upstream = Pick<Scene, 'received' | 'play' | 'turnsTaken' | 'breaches'> & {
  port: number;
  /** `http://127.0.0.1:PORT`, without a path. */
  origin: string;
  /** What stands before the operation: the origin and `/v1`. */
  baseUrl: string;
  /**
   * A script of its own for requests that bear this mark anywhere in their body, so that many can be played at once;
   * all others belong to the script of the upstream itself.
   */
  scene(mark: string): Scene;
  stop(): Promise<void>;
};

/** A stream that breaks stands still for so long before it does. */
const BREAK_PAUSE_MS = 40;

const ASIDE_POSITION = 1_000;

/** The tokens every counting request is told. */
export const COUNTED_TOKENS = 42;

export type UpstreamOptions = {
  /** Every request must bear it. */
  key?: string;
  port?: number;
  /** It takes what a strict provider would refuse. */
  isLenient?: boolean;
  /** What is answered to a request out of turn; undefined leaves it to the script. */
  aside?: (body: Json) => Turn | undefined;
};

/** Starts a scripted upstream on a free loopback port. */
export function startUpstream(options: UpstreamOptions = {}): Upstream {
  const common = new Scene();
  const scenes = new Map<string, Scene>();

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    idleTimeout: 0,
    maxRequestBodySize: 256 * 1024 * 1024,
    async fetch(request) {
      const url = new URL(request.url);
      const found = wireAt(url.pathname);
      if (found === undefined || request.method !== 'POST')
        return new Response('no such route', { status: 404 });
      const { wire, counting } = found;
      // without it Google streams one JSON array
      if (found.stream && url.searchParams.get('alt') !== 'sse')
        return new Response('only server-sent events are scripted', { status: 404 });
      const raw = new Uint8Array(await request.arrayBuffer());
      const entry: Received = {
        format: wire.format,
        path: url.pathname,
        query: url.search,
        headers: request.headers.toJSON(),
        raw,
        body: {},
        model: found.model ?? '',
        breach: undefined,
        tookTurn: false,
        counting,
        aborted: false,
      };
      const scene = sceneOf(raw, scenes) ?? common;
      const { issued } = scene;
      scene.received.push(entry);
      if (options.key !== undefined && !bearsKey(request.headers, options.key)) {
        return refusal(wire, 401, 'authentication_error', 'invalid api key');
      }
      try {
        entry.body = readBody(raw);
        entry.model = found.model ?? String(entry.body.model);
        if (!counting && !options.isLenient) {
          checkHeaders(wire, request.headers);
          wire.check(entry.body, issued[wire.format]);
        }
      } catch (problem) {
        const message = problem instanceof Error ? problem.message : String(problem);
        entry.breach = message;
        const details = problem instanceof Breach ? problem.details : undefined;
        return refusal(wire, 400, 'invalid_request_error', message, details);
      }
      if (counting) {
        if (found.model !== undefined) return Response.json({ totalTokens: COUNTED_TOKENS });
        return Response.json({ object: 'response.input_tokens', input_tokens: COUNTED_TOKENS });
      }
      const aside = options.aside?.(entry.body);
      // part of every id: those of an aside are no turn's
      const position = aside ? ASIDE_POSITION + scene.received.length : scene.turnsTaken().length;
      const scripted = aside ?? scene.turn(position);
      const turn = scripted && sayValue(scripted, entry.body);
      entry.tookTurn = aside === undefined;
      if (turn === undefined) return refusal(wire, 500, 'api_error', 'the script has no more turns');
      const stream = found.stream ?? entry.body.stream === true;
      const asked: Asked = { position, model: entry.model, stream, body: entry.body };
      remember(issued[wire.format], turn, wire, asked);
      await turn.until;
      if (turn.delayMs !== undefined) await Bun.sleep(turn.delayMs);
      return answer(wire, turn, asked, turn.cutting ?? scene.cutting, entry, request.signal);
    },
  });

  const port = server.port ?? 0;
  const origin = `http://127.0.0.1:${port}`;
  return {
    port,
    origin,
    baseUrl: `${origin}/v1`,
    received: common.received,
    play: (turns, cutting) => common.play(turns, cutting),
    turnsTaken: () => common.turnsTaken(),
    breaches: () => common.breaches(),
    scene(mark) {
      const scene = new Scene();
      scenes.set(mark, scene);
      return scene;
    },
    stop: async () => {
      await server.stop(true);
    },
  };
}

const MARK = /scene-\w+/;

function sceneOf(raw: Uint8Array, scenes: ReadonlyMap<string, Scene>): Scene | undefined {
  if (scenes.size === 0) return undefined;
  const [mark = ''] = MARK.exec(Buffer.from(raw).toString('latin1')) ?? [];
  return scenes.get(mark);
}

function bearsKey(headers: Headers, key: string): boolean {
  return (
    headers.get('x-goog-api-key') === key ||
    headers.get('x-api-key') === key ||
    headers.get('authorization') === `Bearer ${key}`
  );
}

function readBody(raw: Uint8Array): Json {
  const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Breach('body', 'must be an object');
  return body as Json;
}

function checkHeaders(wire: Wire, headers: Headers): void {
  const type = headers.get('content-type') ?? '';
  if (!type.startsWith('application/json'))
    throw new Breach('content-type', `'${type}' is not application/json`);
  if (wire.format === 'anthropic-messages' && headers.get('anthropic-version') === null) {
    throw new Breach('anthropic-version', 'header is required');
  }
}

function refusal(wire: Wire, status: number, type: string, message: string, details?: unknown): Response {
  return Response.json(wire.error(type, message, details), {
    status,
    headers: { 'x-should-retry': 'false', 'x-request-id': 'req_scripted' },
  });
}

/** Keeps what the turn gives out, to accept exactly that when it comes back. */
function remember(issued: Issued, turn: Turn, wire: Wire, asked: Asked): void {
  if (wire.format === 'google-generate-content') issued.seals.add(sealOf(wire.format, turn.reasoning ?? ''));
  if (turn.reasoning !== undefined) {
    issued.reasonings.add(turn.reasoning);
    if (wire.format !== 'openai-chat') issued.seals.add(sealOf(wire.format, turn.reasoning));
  }
  if (wire.format !== 'openai-responses') return;
  for (const item of wire.body(turn, asked).output as Json[]) issued.items.set(String(item.id), item);
}

function answer(
  wire: Wire,
  turn: Turn,
  asked: Asked,
  cutting: Cutting,
  entry: Received,
  signal: AbortSignal,
): Response {
  if (turn.error !== undefined) {
    const { status, type, message, headers } = turn.error;
    return Response.json(wire.error(type, message), { status, headers: headers ?? {} });
  }
  if (turn.page !== undefined) {
    const { status, html } = turn.page;
    return new Response(html, { status, headers: { 'content-type': 'text/html; charset=utf-8' } });
  }
  const streaming = asked.stream;
  const frames = streaming ? brokenFrames(wire, turn, asked) : [brokenBody(wire, turn, asked)];
  // a whole answer has no middle: it is silent from the beginning
  const silentAfter = streaming || turn.silentAfterFrames === undefined ? turn.silentAfterFrames : 0;
  const pieces = cutFrames(frames.slice(0, silentAfter), cutting);
  const last =
    silentAfter !== undefined ? 'stay' : !streaming && turn.halfway === 'error' ? 'reset' : 'close';
  const pausesBefore =
    !streaming || turn.halfway === undefined ? undefined : frames.length - (turn.halfway === 'error' ? 1 : 0);
  return new Response(writePieces(pieces, last, pausesBefore, entry, signal), {
    headers: {
      'content-type': streaming ? 'text/event-stream; charset=utf-8' : 'application/json',
      'x-request-id': `req_scripted${asked.position}`,
      'request-id': `req_scripted${asked.position}`,
    },
  });
}

/** The frames of a turn with its scripted failure or early end. */
function brokenFrames(wire: Wire, turn: Turn, asked: Asked): string[] {
  const frames = wire.frames(turn, asked);
  const half = frames.length >> 1;
  if (turn.halfway === 'end') return frames.slice(0, half);
  if (turn.halfway === 'error')
    return [...frames.slice(0, half), wire.errorFrame(asked, 'overloaded_error', 'Overloaded', half)];
  if (turn.halfway === 'garbage') return frames.map((frame, at) => (at < half ? frame : garbled(frame)));
  if (turn.unfinished === 'politely') return frames.filter((frame) => !FINISH.test(frame));
  if (turn.unfinished === 'silently')
    return frames.slice(
      0,
      frames.findIndex((frame) => FINISH.test(frame)),
    );
  if (turn.failAfterFrames !== undefined) {
    const { frames: count, type, message } = turn.failAfterFrames;
    return [...frames.slice(0, count), wire.errorFrame(asked, type, message, count)];
  }
  return turn.stopAfterFrames === undefined ? frames : frames.slice(0, turn.stopAfterFrames);
}

/** What the four formats say the end with. */
const FINISH = /"(finish_reason|stop_reason|finishReason)":"|response\.(completed|incomplete)/;

/** Each line of data loses its second half. */
function garbled(frame: string): string {
  return frame.replace(/^data: (.*?)(\r?)$/gm, (_, data: string, end: string) => {
    return `data: ${data.slice(0, Math.ceil(data.length / 2))}${end}`;
  });
}

function brokenBody(wire: Wire, turn: Turn, asked: Asked): string {
  const body = JSON.stringify(wire.body(turn, asked));
  return turn.halfway === undefined ? body : body.slice(0, body.length >> 1);
}

/** One write per piece, each in a turn of the event loop of its own; after the last it may stay open in silence. */
function writePieces(
  pieces: Uint8Array[],
  last: 'close' | 'stay' | 'reset',
  pausesBefore: number | undefined,
  entry: Received,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  let next = 0;
  let gone: () => void = () => undefined;
  const left = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const leave = (): void => {
    if (last === 'stay' || next < pieces.length) entry.aborted = true;
    gone();
  };
  signal.addEventListener('abort', leave, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise<void>((resume) => setImmediate(resume));
        // until then the caller has passed on what came before: only so is it a break in the middle
        if (next === pausesBefore) await Bun.sleep(BREAK_PAUSE_MS);
        const piece = pieces[next];
        if (piece === undefined) {
          if (last === 'stay') await left;
          else if (last === 'reset') controller.error();
          else controller.close();
          return;
        }
        next += 1;
        controller.enqueue(piece);
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}
