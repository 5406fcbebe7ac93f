// What a server is made of, and a command too while none runs.

import { createReports, type Reports } from '../accounts/reports.ts';
import type { CourierPorts } from '../alerts/courier.ts';
import { postToWebhook } from '../alerts/webhook.ts';
import { priceAt } from '../catalog/price.ts';
import { buildModelIndex, modelNamed } from '../catalog/resolve.ts';
import type { Config } from '../config/config.ts';
import type { GatewayPorts } from '../gateway/gateway.ts';
import { nowMs } from '../lib/clock.ts';
import { log } from '../lib/log.ts';
import { VERSION } from '../lib/version.ts';
import { calendarIn } from '../store/calendar.ts';
import type { Directory, Ledger } from '../store/ports.ts';
import { takeDataDir } from '../store/sqlite/restore.ts';
import type { Store } from '../store/sqlite/store.ts';
import type { Statements } from '../store/statements.ts';

export const USER_AGENT = `osiris/${VERSION}`;

/** What changes with the configuration while the server runs. */
export function fromConfig(config: Config): Pick<GatewayPorts, 'config' | 'server' | 'models' | 'billing'> {
  return { config, server: config.server, models: buildModelIndex(config), billing: config.billing };
}

export function courierPorts(server: () => string): CourierPorts {
  return { post: postToWebhook, server, userAgent: USER_AGENT };
}

type ReadParts = { directory: Directory; statements: Statements; ledger?: Ledger };

export function reportsOn(current: () => Config, { directory, statements, ledger }: ReadParts): Reports {
  const { dayOf } = calendarIn(current().billing.timezone);
  return createReports({
    directory,
    statements,
    ...(ledger ? { ledger } : {}),
    modelId: (name) => modelNamed(buildModelIndex(current()), name)?.id,
    priceAt(id, atMs) {
      const model = current().models.get(id);
      return model && priceAt(model, atMs);
    },
    get minimumChargeNano() {
      return current().billing.minimumChargeNano;
    },
    today: () => dayOf(nowMs()),
  });
}

/** The turn on a data directory; where a restore was cut off, it is finished, and that is said. */
export function takeTurnOn(dataDir: string): () => void {
  const { letGo, finished } = takeDataDir(dataDir);
  if (finished)
    log.warn('a restore that was cut off is finished now: all is as it was in the backup', finished);
  return letGo;
}

/** The store, which gives the turn back when it is closed or cannot be opened. */
export async function inTurn(giveTurn: () => void, opening: Promise<Store>): Promise<Store> {
  try {
    const store = await opening;
    return { ...store, close: () => store.close().finally(giveTurn) };
  } catch (thrown) {
    giveTurn();
    throw thrown;
  }
}
