// The store of thoughts in memory.

import { createMemoryThoughts } from '../../src/store/memory/thoughts.ts';
import { describeThoughts } from '../support/thoughts-contract.ts';

describeThoughts('memory', createMemoryThoughts);
