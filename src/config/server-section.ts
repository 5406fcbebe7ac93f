// Turns the `server` section into a ServerConfig with units resolved and defaults filled in.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { HOST_WANTED, isAddressRange, isHost, isOrigin, plainUrl } from './addresses.ts';
import type { ServerConfig } from './config.ts';
import { pointerTo, type Report } from './problem.ts';
import type { ServerShape } from './schema.ts';
import { BODY_BYTES_MIN, BODY_WANTED, parseDuration, parseSize } from './units.ts';

const LOOPBACK = ['127.0.0.1', '::1'];
const TOKEN_CHARS_MIN = 16;
const MAY_BE_ZERO: ReadonlySet<DurationName> = new Set(['drain_delay', 'drain_timeout']);

/** Relative paths start at `baseDir`. Members at fault keep their default, which is never used. */
export function readServer(section: ServerShape, baseDir: string, report: Report): ServerConfig {
  const at = (name: keyof ServerShape): string => pointerTo('server', name);

  const duration = (name: DurationName, defaultMs: number): number => {
    const written = section[name];
    if (written === undefined) return defaultMs;
    const parsed = parseDuration(written);
    if (parsed !== undefined && (parsed > 0 || MAY_BE_ZERO.has(name))) return parsed;
    report(at(name), 'must be a duration above zero such as `30s`, `5m` or `1h` (a plain number is seconds)');
    return defaultMs;
  };
  const size = (written: string | number | undefined, pointer: string): number => {
    if (written === undefined) return 10 * 1024 ** 2;
    const parsed = parseSize(written);
    if (parsed !== undefined && parsed >= BODY_BYTES_MIN) return parsed;
    report(pointer, BODY_WANTED);
    return 0;
  };
  const checked = (
    name: ListName,
    otherwise: string[],
    fits: (each: string) => boolean,
    wanted: string,
  ): string[] => {
    const written = section[name] ?? otherwise;
    for (const [index, each] of written.entries()) {
      if (each !== undefined && !fits(each)) report(pointerTo('server', name, index), `must be ${wanted}`);
    }
    return [...written];
  };

  const byRoute: Record<string, number> = {};
  for (const [route, written] of Object.entries(section.max_body_by_route ?? {})) {
    const pointer = pointerTo('server', 'max_body_by_route', route);
    if (!route.startsWith('/')) report(pointer, 'must be named by its route, such as `/v1/messages`', 'name');
    byRoute[route] = size(written, pointer);
  }
  if (section.host !== undefined && !isHost(section.host)) report(at('host'), HOST_WANTED);
  const range = 'an address or a CIDR range such as `10.0.0.0/8`';
  return {
    host: section.host ?? '127.0.0.1',
    port: section.port ?? 8080,
    publicUrl: readPublicUrl(section.public_url, at('public_url'), report),
    tls: readTls(section.tls, baseDir, report),
    trustedProxies: checked('trusted_proxies', LOOPBACK, isAddressRange, range),
    adminFrom: checked('admin_from', LOOPBACK, isAddressRange, range),
    metricsToken: readToken(section.metrics_token, at('metrics_token'), report),
    corsOrigins: checked(
      'cors_origins',
      [],
      isOrigin,
      'an origin such as `https://app.example.com`, without a path, or `"*"`',
    ),
    maxBodyBytes: size(section.max_body, at('max_body')),
    maxBodyBytesByRoute: byRoute,
    requestTimeoutMs: duration('request_timeout', 120_000),
    connectTimeoutMs: duration('connect_timeout', 10_000),
    firstByteTimeoutMs: duration('first_byte_timeout', 300_000),
    streamIdleTimeoutMs: duration('stream_idle_timeout', 120_000),
    clientStallTimeoutMs: duration('client_stall_timeout', 120_000),
    streamTotalTimeoutMs: duration('stream_total_timeout', 30 * 60_000),
    drainDelayMs: duration('drain_delay', 2_000),
    drainTimeoutMs: duration('drain_timeout', 60_000),
    maxInFlight: section.max_in_flight ?? 2048,
    queue: section.queue ?? 1024,
    queueTimeoutMs: duration('queue_timeout', 30_000),
  };
}

type DurationName = Extract<keyof ServerShape, `${string}_timeout` | 'drain_delay'>;
type ListName = 'trusted_proxies' | 'admin_from' | 'cors_origins';

function readPublicUrl(written: string | undefined, pointer: string, report: Report): string | undefined {
  if (written === undefined) return undefined;
  const url = plainUrl(written);
  if (url === undefined) report(pointer, 'must be an http(s) address such as `https://ai.example.com`');
  return url;
}

function readToken(written: string | undefined, pointer: string, report: Report): string | undefined {
  if (written !== undefined && written.length < TOKEN_CHARS_MIN)
    report(pointer, `must have at least ${TOKEN_CHARS_MIN} characters: it can be guessed otherwise`);
  return written;
}

function readTls(tls: ServerShape['tls'], baseDir: string, report: Report): ServerConfig['tls'] {
  if (tls === undefined) return undefined;
  const paths = { cert: resolve(baseDir, tls.cert), key: resolve(baseDir, tls.key) };
  const read = <T>(name: 'cert' | 'key', parse: (pem: Buffer) => T, wanted: string): T | undefined => {
    const pointer = pointerTo('server', 'tls', name);
    try {
      return parse(readFileSync(paths[name]));
    } catch {
      const there = existsSync(paths[name]);
      report(
        pointer,
        there ? `names a file that does not hold ${wanted}` : 'names a file that does not exist',
      );
      return undefined;
    }
  };
  const certificate = read('cert', (pem) => new X509Certificate(pem), 'a PEM certificate');
  const key = read('key', (pem) => createPrivateKey(pem), 'a PEM private key without a passphrase');
  if (certificate && key && !certificate.checkPrivateKey(key))
    report(pointerTo('server', 'tls', 'key'), 'holds the key of another certificate than `cert`');
  return paths;
}
