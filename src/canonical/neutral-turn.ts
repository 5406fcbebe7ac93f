// What stands where a provider wants a user's turn and the conversation has none.

import type { Loss } from './loss.ts';

export const NEUTRAL_TURN = 'Go on.';

export const NEUTRAL_LOSS: Loss = {
  path: 'messages',
  action: 'changed',
  reason: 'a neutral user turn was put in front',
};
