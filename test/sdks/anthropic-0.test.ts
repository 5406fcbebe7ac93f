// The official Anthropic library, generation 0: x-api-key and the old version header.

import Anthropic from 'anthropic-sdk-0';
import { anthropicClients, type MessagesLibrary } from '../support/anthropic-client.ts';
import { matrix } from '../support/matrix.ts';

matrix(
  anthropicClients(
    'anthropic0',
    // Same calls, other generation of types: the shapes these clients use are equal.
    (target) =>
      new Anthropic({
        baseURL: target.origin,
        apiKey: target.key,
        maxRetries: 0,
      }) as unknown as MessagesLibrary,
  ),
);
