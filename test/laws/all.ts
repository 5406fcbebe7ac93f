// Every law, in the order of the design.

import type { Law } from './law.ts';
import { LAW_1 } from './law-1-identity.ts';
import { LAW_2 } from './law-2-locality.ts';
import { LAW_3 } from './law-3-round-trip.ts';
import { LAW_4 } from './law-4-no-silent-loss.ts';
import { LAW_5 } from './law-5-stream-equals-whole.ts';
import { LAW_6 } from './law-6-grammar.ts';
import { LAW_7_CHARGES } from './law-7-charges.ts';
import { LAW_7 } from './law-7-conservation.ts';
import { LAW_8 } from './law-8-exactly-once.ts';
import { LAW_9 } from './law-9-sealed.ts';

export const LAWS: Law[] = [
  ...LAW_1,
  ...LAW_2,
  ...LAW_3,
  ...LAW_4,
  ...LAW_5,
  ...LAW_6,
  ...LAW_7,
  ...LAW_7_CHARGES,
  ...LAW_8,
  ...LAW_9,
];
