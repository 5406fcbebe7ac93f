// The official Anthropic library, generation 1: Bearer key, new version header, threads by default.

import Anthropic from '@anthropic-ai/sdk';
import { anthropicClients } from '../support/anthropic-client.ts';
import { matrix } from '../support/matrix.ts';

matrix(
  anthropicClients(
    'anthropic1',
    (target) => new Anthropic({ baseURL: target.origin, apiKey: target.key, maxRetries: 0 }),
  ),
);
