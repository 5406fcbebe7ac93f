// The key of this installation that proves an envelope around sealed reasoning to be its own.

import { newSealKey } from '../lib/id.ts';
import type { Directory } from './ports.ts';

const SEAL_FACT = 'seal_key';
const SEAL_BYTES = 32;

/** The key if there is one yet, else one that proves nothing. Changes nothing. */
export function knownSealKey(directory: Pick<Directory, 'getFact'>): Uint8Array {
  return Buffer.from(directory.getFact(SEAL_FACT) ?? '00'.repeat(SEAL_BYTES), 'hex');
}

/** 32 bytes, made and stored at the first start; without it conversations that are going on lose their reasoning. */
export function sealKeyOf(directory: Directory): Uint8Array {
  const known = directory.getFact(SEAL_FACT);
  if (known !== undefined) return Buffer.from(known, 'hex');
  const made = newSealKey();
  directory.setFact(SEAL_FACT, made);
  return Buffer.from(made, 'hex');
}
