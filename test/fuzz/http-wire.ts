// One HTTP/1.1 exchange over a bare socket: any bytes at all go out, and what comes back is read as a client would.

import { connect } from 'node:net';

/** `pieces` go out one after the other; `isHead`: the answer has no body whatever its headers say. */
export type RawRequest = { pieces: readonly Uint8Array[]; isHead: boolean; hangsUp: boolean };

export type RawResponse = { status: number; headers: Headers; body: string };

/** What came of it. `closed`: the server hung up before a whole answer. `hung`: it did nothing for `HANG_MS`. */
export type Exchange = { kind: 'answered'; response: RawResponse } | { kind: 'closed' } | { kind: 'hung' };

/** Nothing that is asked here takes a second; a machine that is busy takes its time. */
const HANG_MS = 60_000;

export function exchange(port: number, { pieces, isHead, hangsUp }: RawRequest): Promise<Exchange> {
  return new Promise((resolve) => {
    let seen: Buffer = Buffer.alloc(0);
    let isOver = false;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const finish = (outcome: Exchange) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(late);
      socket.destroy();
      resolve(outcome);
    };
    const late = setTimeout(() => finish({ kind: 'hung' }), HANG_MS);
    const atEnd = () => {
      const response = readResponse(seen, isHead, true);
      finish(response ? { kind: 'answered', response } : { kind: 'closed' });
    };
    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece);
      if (hangsUp) socket.end();
    });
    socket.on('data', (bytes: Buffer) => {
      seen = Buffer.concat([seen, bytes]);
      const response = readResponse(seen, isHead, false);
      if (response) finish({ kind: 'answered', response });
    });
    socket.on('end', atEnd);
    socket.on('error', atEnd);
    socket.on('close', atEnd);
  });
}

/** The answer when it is whole; `isEnd`: nothing more will come. */
export function readResponse(bytes: Buffer, isHead: boolean, isEnd: boolean): RawResponse | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [line = '', ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1] ?? Number.NaN);
  const rest = bytes.subarray(end + 4);
  // `100 Continue` stands before the answer
  if (status < 200 && status !== 101) return readResponse(rest, isHead, isEnd);
  const headers = new Headers();
  for (const field of fields) {
    const colon = field.indexOf(':');
    headers.append(field.slice(0, colon), field.slice(colon + 1).trim());
  }
  const body = isHead || status === 204 || status === 304 ? rest : bodyIn(rest, headers, isEnd);
  return body && { status, headers, body: body.toString() };
}

function bodyIn(rest: Buffer, headers: Headers, isEnd: boolean): Buffer | undefined {
  if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') return unchunked(rest);
  const length = headers.get('content-length');
  if (length === null) return isEnd ? rest : undefined;
  return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : undefined;
}

function unchunked(bytes: Buffer): Buffer | undefined {
  const out: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    if (size === 0) return Buffer.concat(out);
    const start = lineEnd + 2;
    if (!(bytes.length >= start + size + 2)) return undefined;
    out.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
