// Every law, in the order of the design.

import type { Law } from './law.ts';
import { LAW_5 } from './law-5-stream-equals-whole.ts';

export const LAWS: Law[] = [...LAW_5];
