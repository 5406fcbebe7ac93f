// Every law, in the order of the design.

import type { Law } from './law.ts';
import { LAW_3 } from './law-3-round-trip.ts';
import { LAW_5 } from './law-5-stream-equals-whole.ts';
import { LAW_6 } from './law-6-grammar.ts';

export const LAWS: Law[] = [...LAW_3, ...LAW_5, ...LAW_6];
