// Finds the configuration, reads it and either returns it frozen or says everything that is wrong with it.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { BUILT_IN_MODELS } from '../catalog/builtin.ts';
import type { Model } from '../catalog/model.ts';
import { pricesOf, withMargin } from '../catalog/price.ts';
import { HOST_WANTED, isHost } from './addresses.ts';
import { readAlerts } from './alerts-section.ts';
import { readBilling, readLimits, readTrial } from './billing-section.ts';
import { readCache } from './cache-section.ts';
import { checkShape } from './check.ts';
import type { Config, Problem, ServerConfig } from './config.ts';
import type { Environment } from './environment.ts';
import { deepFreeze } from './freeze.ts';
import { readLogs } from './logs-section.ts';
import { readModels } from './models-section.ts';
import { readPlans } from './plans-section.ts';
import { collectProblems, type Report } from './problem.ts';
import { absentProviders, detectProviders, readProviders } from './providers-section.ts';
import { readRouting } from './routing-section.ts';
import type { FileShape } from './schema.ts';
import { readServer } from './server-section.ts';
import { readYaml } from './yaml-file.ts';

export type LoadOptions = {
  /** From `--config`; else OSIRIS_CONFIG, else `osiris.yaml` in `cwd` if there is one, else defaults. */
  path?: string | undefined;
  /** From flags; they win over OSIRIS_HOST, OSIRIS_PORT and OSIRIS_DATA_DIR, which win over the file. */
  overrides?: Overrides | undefined;
  env: Environment;
  /** Where relative paths of flags and environment start. */
  cwd: string;
  /** Models beside the catalogue, such as the sandbox's. */
  extraModels?: readonly Model[] | undefined;
};

export type Overrides = {
  host?: string | undefined;
  port?: number | string | undefined;
  dataDir?: string | undefined;
};

/** `text` is what the file held, when there is one. */
export type Loaded = { config: Config; text?: string } | { problems: Problem[] };

/** The configuration, deep-frozen, or every problem at once in the order of the file. Reads files, never throws. */
export function loadConfig(options: LoadOptions): Loaded {
  const file = findFile(options);
  const { config, problems, text } = file === undefined ? readDefaults(options) : readFile(file, options);
  const listen = readListenAddress(options);
  problems.push(...listen.problems);
  if (problems.length > 0 || config === undefined) return { problems };
  const server: ServerConfig = {
    ...config.server,
    host: listen.host ?? config.server.host,
    port: listen.port ?? config.server.port,
  };
  const whole = deepFreeze({ ...config, server, dataDir: listen.dataDir ?? config.dataDir });
  return text === undefined ? { config: whole } : { config: whole, text };
}

type Attempt = { config: Config | undefined; problems: Problem[]; text?: string };

/** The file that `loadConfig` would read; undefined when it would take the defaults. */
export function findFile({ path, env, cwd }: LoadOptions): string | undefined {
  const named = path ?? (env.OSIRIS_CONFIG === '' ? undefined : env.OSIRIS_CONFIG);
  if (named !== undefined) return resolve(cwd, named);
  const usual = resolve(cwd, 'osiris.yaml');
  return existsSync(usual) ? usual : undefined;
}

function readDefaults({ env, cwd, extraModels }: LoadOptions): Attempt {
  const ignore: Report = () => {};
  const providers = detectProviders(env);
  const models = new Map(
    [...BUILT_IN_MODELS, ...(extraModels ?? [])].map((model) => [model.id, structuredClone(model)]),
  );
  const config: Config = {
    file: undefined,
    server: readServer({}, cwd, ignore),
    dataDir: resolve(cwd, 'osiris-data'),
    database: 'sqlite',
    routing: readRouting({}, models, ignore),
    limits: readLimits({}, ignore),
    billing: readBilling({}, ignore),
    plans: new Map(),
    trial: readTrial({}, ignore),
    logs: readLogs({}, ignore),
    cache: readCache({}, ignore),
    alerts: readAlerts({}, ignore),
    providers,
    models,
    absentProviders: absentProviders(providers),
  };
  return { config, problems: [] };
}

function readFile(file: string, options: LoadOptions): Attempt {
  let text: string;
  let changedMs: number;
  try {
    text = readFileSync(file, 'utf8');
    changedMs = statSync(file).mtimeMs;
  } catch (thrown) {
    return unreadable(file, explainUnreadable(thrown));
  }
  if (UTF_16.test(text)) return unreadable(file, 'is written in UTF-16; save it as UTF-8');
  const baseDir = dirname(file);
  const yaml = readYaml(text, file, { env: options.env, baseDir });
  if (yaml.unreadable) return { config: undefined, problems: yaml.problems.all() };
  const { report } = yaml.problems;
  const mentioned = Object.keys(typeof yaml.value.providers === 'object' ? (yaml.value.providers ?? {}) : {});
  const shape = checkShape(yaml.value, yaml.expanded, report);
  const origin = {
    source: basename(file),
    asOf: new Date(changedMs).toISOString().slice(0, 10),
    writtenS: Math.floor(changedMs / 1000),
  };
  const config = build(shape, { file, baseDir, mentioned, origin, report }, options);
  return { config, problems: yaml.problems.all(), text };
}

/** Its byte order mark, read as UTF-8. */
const UTF_16 = /^\uFFFD\uFFFD/;

function unreadable(file: string, message: string): Attempt {
  return { config: undefined, problems: [{ file, line: 0, column: 0, path: '', message }] };
}

function explainUnreadable(thrown: unknown): string {
  const { code } = thrown as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist; `osiris init` writes a first one';
    case 'EISDIR':
      return 'is a directory; name the file in it';
    case 'EACCES':
      return 'cannot be read; check its permissions and those of its directories';
    default:
      return `cannot be read (${code})`;
  }
}

type FileContext = {
  file: string;
  baseDir: string;
  mentioned: string[];
  origin: { source: string; asOf: string; writtenS: number };
  report: Report;
};

function build(shape: FileShape, context: FileContext, { env, extraModels }: LoadOptions): Config {
  const { file, baseDir, mentioned, origin, report } = context;
  const server = readServer(shape.server ?? {}, baseDir, report);
  // A file that says nothing of providers leaves them as they are without one.
  const providers =
    mentioned.length === 0
      ? detectProviders(env)
      : readProviders(shape.providers ?? {}, { env, baseDir, report });
  const billing = readBilling(shape.billing ?? {}, report);
  const catalogue = [
    ...BUILT_IN_MODELS.map((model) => priced(structuredClone(model), billing.marginTenThousandths)),
    ...(extraModels ?? []).map((model) => structuredClone(model)),
  ];
  const models = readModels(shape.models ?? {}, catalogue, {
    providers,
    mentioned,
    origin: { ...origin, timezone: billing.timezone },
    report,
  });
  return {
    file,
    server,
    dataDir: resolve(baseDir, shape.data_dir ?? 'osiris-data'),
    database: readDatabase(shape.database, report),
    routing: readRouting(shape.routing ?? {}, models, report),
    limits: readLimits(shape.limits ?? {}, report),
    billing,
    plans: readPlans(shape.plans ?? {}, models, report),
    trial: readTrial(shape.trial ?? {}, report),
    logs: readLogs(shape.logs ?? {}, report),
    cache: readCache(shape.cache ?? {}, report),
    alerts: readAlerts(shape.alerts ?? {}, report),
    providers,
    models,
    absentProviders: absentProviders(providers),
  };
}

/** The catalogue's model at the operator's margin. */
function priced(model: Model, margin: number): Model {
  const [price, ...laterPrices] = pricesOf(model).map((each) => withMargin(each, margin));
  return { ...model, price, ...(laterPrices.length === 0 ? {} : { laterPrices }) };
}

function readDatabase(written: string | undefined, report: Report): 'sqlite' {
  if (written !== undefined && /^postgres(ql)?:/.test(written)) {
    report(
      '/database',
      'is PostgreSQL, which is not part of this version; write `database: sqlite` or remove the line',
    );
  } else if (written !== undefined && written !== 'sqlite') {
    report('/database', 'must be `sqlite`; the directory of its files is `data_dir`');
  }
  return 'sqlite';
}

type ListenAddress = {
  host: string | undefined;
  port: number | undefined;
  dataDir: string | undefined;
  problems: Problem[];
};

/** What flags or the environment say about where to listen and where the data is. */
function readListenAddress({ overrides, env, cwd }: LoadOptions): ListenAddress {
  const fromFlag = overrides?.port !== undefined;
  const port = fromFlag ? String(overrides.port) : set(env.OSIRIS_PORT);
  const list = collectProblems(fromFlag ? '--port' : 'OSIRIS_PORT', () => ({ line: 0, column: 0 }));
  const fits = port === undefined || (/^\d{1,5}$/.test(port) && Number(port) <= 65535);
  if (!fits) list.report('', 'must be a port from 0 to 65535');
  const hostFlag = set(overrides?.host);
  const host = hostFlag ?? set(env.OSIRIS_HOST);
  const hosts = collectProblems(hostFlag === undefined ? 'OSIRIS_HOST' : '--host', () => ({
    line: 0,
    column: 0,
  }));
  if (host !== undefined && !isHost(host)) hosts.report('', HOST_WANTED);
  const dataDir = set(overrides?.dataDir) ?? set(env.OSIRIS_DATA_DIR);
  return {
    host,
    port: port === undefined ? undefined : Number(port),
    dataDir: dataDir === undefined ? undefined : resolve(cwd, dataDir),
    problems: [...hosts.all(), ...list.all()],
  };
}

function set(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
