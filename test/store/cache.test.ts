// The cache in memory.

import { createMemoryCache } from '../../src/store/memory/cache.ts';
import { describeCache } from '../support/cache-contract.ts';

describeCache('memory', createMemoryCache);
