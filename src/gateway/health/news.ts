// What becomes known of the providers' health, for those who tell the operator.

import type { Provider } from '../../providers/provider.ts';
import type { Failure } from '../../routing/retry.ts';

/**
 * What has just become known: a deployment is left alone from now on, or answers again; a provider does not accept one
 * of our credentials or has no money left for us, or takes it again.
 */
export type HealthNews =
  | { about: 'deployment'; state: 'failing'; provider: Provider; model: string; failure: Failure }
  | { about: 'deployment'; state: Better; provider: Provider; model: string }
  | {
      about: 'credential';
      state: 'refused' | 'unpaid';
      of: Refused;
      model: string;
      status: number | undefined;
    }
  | { about: 'credential'; state: Better; of: Refused };

/** `gone`: it is no longer in the configuration. */
export type Better = 'answers' | 'gone';

/** `place` is that of the credential among those of its provider, from 1 on. */
export type Refused = { provider: Provider; place: number };
