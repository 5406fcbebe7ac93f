// Cross-origin access for the origins the operator named, and for no other.

import { labelled } from './reply.ts';

export type Answerer = (request: Request) => Response | Promise<Response>;

const EXPOSED =
  'x-request-id, request-id, retry-after, retry-after-ms, x-should-retry, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, anthropic-ratelimit-requests-limit, anthropic-ratelimit-requests-remaining, anthropic-ratelimit-requests-reset, x-osiris-model, x-osiris-provider, x-osiris-attempts, x-osiris-losses, x-osiris-cost-usd, x-osiris-cache, age';

/** The answerer itself when no origin is named: then browsers of other sites are left to their same-origin rule. */
export function withCors(origins: readonly string[], answer: Answerer): Answerer {
  if (origins.length === 0) return answer;
  const anyOrigin = origins.includes('*');
  const answerOrigin = async (request: Request, origin: string) => {
    if (request.method === 'OPTIONS' && request.headers.has('access-control-request-method'))
      return labelled(request, preflight(request, origin));
    const response = await answer(request);
    allow(response.headers, origin);
    response.headers.set('access-control-expose-headers', EXPOSED);
    return response;
  };
  return (request) => {
    const origin = request.headers.get('origin');
    if (origin === null || !(anyOrigin || origins.includes(origin))) return answer(request);
    return answerOrigin(request, origin);
  };
}

function preflight(request: Request, origin: string): Response {
  const headers = new Headers({
    'access-control-max-age': '600',
    'access-control-allow-methods': 'GET, POST, DELETE',
  });
  allow(headers, origin);
  const wanted = request.headers.get('access-control-request-headers');
  if (wanted !== null) headers.set('access-control-allow-headers', wanted);
  return new Response(null, { status: 204, headers });
}

function allow(headers: Headers, origin: string): void {
  headers.set('access-control-allow-origin', origin);
  headers.append('vary', 'origin');
}
