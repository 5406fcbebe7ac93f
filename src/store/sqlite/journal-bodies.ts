// Bodies as they may be kept: cut to a size, with every secret taken out.

import { redact } from '../../lib/log.ts';
import type { KeptBody, RawBody } from '../journal-port.ts';

/** Of the text that is kept. */
const BODY_BYTES_MAX = 256 * 1024;
/** Looked at beyond that, so that a secret across the cut is seen whole before it is cut. */
const BODY_BYTES_TAKEN = BODY_BYTES_MAX + 4096;

/** A member named like a secret, also inside JSON that is itself a string, however deep: quotes then wear backslashes. */
const SECRET_MEMBER =
  /(\\*)"((?:proxy-)?authorization|x-api-key|x-goog-api-key|api[_-]?key|secret|password|authorization[_-]?token|(?:set-)?cookie)\1"(\s*:\s*)\1"[\s\S]*?(?:(?<!\\)\1"|$)/gi;

const TEXT = String.raw`"(?:[^"\\]|\\[\s\S])*(?:"|$)`;

/** A flat map of headers that a client has sent to its own servers: any of them may be what signs it in there. */
const HEADERS_MEMBER = new RegExp(String.raw`"headers"(\s*:\s*)\{(?:${TEXT}|[^"{}])*(?:\}|$)`, 'gi');

/** Addresses of servers that a provider is to call for a client: all of one but the host may be a secret. */
const REST_OF_ADDRESS = String.raw`(\s*:\s*")([a-z][a-z\d+.-]*:\/\/)?(?:[^"\\\/]*@)?([^"\\\/?#@]*)(?:[^"\\]|\\[\s\S])*(?:"|$)`;
const SERVER_URL = new RegExp(`("server_url")${REST_OF_ADDRESS}`, 'gi');
const URL_MEMBER = new RegExp(`("url")${REST_OF_ADDRESS}`, 'gi');
const LIST = String.raw`\[(?:${TEXT}|[^"[\]])*(?:\]|$)`;
const MCP_SERVERS = new RegExp(String.raw`"mcp_servers"\s*:\s*\[(?:${TEXT}|[^"[\]]|${LIST})*(?:\]|$)`, 'gi');

const HOST_ALONE = '$1$2$3$4/…"';

/** `secrets` are values that are taken out wherever they stand: our credentials at the providers. */
export function keepBody({ bytes, totalBytes }: RawBody, secrets: readonly string[]): KeptBody {
  let text = new TextDecoder().decode(bytes.subarray(0, BODY_BYTES_TAKEN));
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '…');
  text = text.replace(SECRET_MEMBER, '$1"$2$1"$3$1"…$1"').replace(HEADERS_MEMBER, '"headers"$1{"…":"…"}');
  text = text
    .replace(SERVER_URL, HOST_ALONE)
    .replace(MCP_SERVERS, (servers) => servers.replace(URL_MEMBER, HOST_ALONE));
  text = redact(text);
  return { text: cut(text), totalBytes };
}

function cut(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= BODY_BYTES_MAX) return text;
  // a character cut in two would come out as a replacement mark
  return new TextDecoder().decode(bytes.subarray(0, BODY_BYTES_MAX)).replace(/\uFFFD+$/, '');
}
