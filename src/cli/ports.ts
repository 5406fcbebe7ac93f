// What the commands need from the rest of the program; src/main.ts hands it in.

import type { Reports } from '../accounts/reports.ts';
import type { Config, Problem } from '../config/config.ts';
import type { Change } from '../config/live.ts';
import type { Loaded } from '../config/load.ts';
import type { Installation } from '../config/locate.ts';
import type { Trial } from '../gateway/health/provider-trial.ts';
import type { JsonObject } from '../lib/json.ts';
import type { BackUpOrder, Checked, HeldDirectory, Job, Step, UnpackOrder } from '../store/backup.ts';
import type { JournalReader } from '../store/journal-port.ts';
import type { Directory, Ledger } from '../store/ports.ts';
import type { Verification, VerifyOptions } from '../store/verification.ts';

/** Flags that stand over the environment and the file. Paths as the user wrote them. */
export type ConfigFlags = { config?: string; host?: string; port?: number; dataDir?: string };

export type ConfigResult = { ok: true; config: Config; text?: string } | { ok: false; problems: Problem[] };

export type RunningServer = {
  /** `http://127.0.0.1:8080`, the port being the real one. */
  url: string;
  /** Reads the configuration again. */
  reload(): Change;
  /** Takes no new requests, lets the open ones finish within the drain timeout, closes the stores. */
  stop(how: StopOptions): Promise<void>;
};

export type StopOptions = {
  /** Somebody waits at a terminal: no load balancer has to notice first. */
  isByHand: boolean;
  /** Aborted when open requests are to be cut off. */
  hurry: AbortSignal;
};

export type ServeOptions = {
  /** Writes to stdout: the address and what a first start has to say. */
  print: (text: string) => void;
  /** Reads the configuration again, from `file` when the server runs on one. */
  load: (file: string | undefined) => Loaded;
};

/** See `explain` in the gateway. */
export type OpenExplainer = { explain(asked: JsonObject): Promise<JsonObject>; close(): Promise<void> };
export type OpenReports = { reports: Reports; close(): Promise<void> };
/** `close` writes what is pending. */
export type IdleStore = { directory: Directory; ledger: Ledger; close(): Promise<void> };

export type CommandPorts = {
  /** Reads the file, the environment and the flags; never throws for what a user wrote wrongly. */
  loadConfig(flags: ConfigFlags): ConfigResult;
  /** Where things are, also when the file cannot be used. */
  locate(flags: ConfigFlags): Installation;
  /** The JSON schema of the configuration file. */
  configSchema(): JsonObject;
  /** The keys in this data directory; throws `storage_fault` when `existing` finds none. */
  openDirectory(dataDir: string, mode: 'create' | 'existing'): Directory;
  /** Keys and money together, while no server runs on them. Throws `storage_fault` when there is none. */
  openIdleStore(config: Config): Promise<IdleStore>;
  /** For when no server runs; `post` opens the ledger for corrections. Throws `storage_fault` when there is none. */
  openReports(config: Config, options: { post: boolean }): Promise<OpenReports>;
  /** For when no server runs. */
  openExplainer(config: Config): Promise<OpenExplainer>;
  /** Checks the ledger of a data directory, also beside a running server. Throws `storage_fault`. */
  verifyLedger(dataDir: string, options: VerifyOptions): Verification;
  /** Makes a backup, or unpacks and checks one, beside whatever runs. `done` rejects with Fault `storage_fault`. */
  backupJob(order: BackUpOrder | UnpackOrder, tell: (step: Step) => void): Job<Checked>;
  /** Waits for the data directory and keeps servers and commands off it. Throws `storage_fault`. */
  holdForRestore(dataDir: string): HeldDirectory;
  /** The request journal of this data directory as it lies on disk; undefined when there is none. */
  readJournal(dataDir: string): JournalReader | undefined;
  /** Whether the providers are there and accept each of our credentials; asks no model. */
  tryProviders(config: Config): Promise<Trial[]>;
  /** For when no server runs: one alert to each webhook, and what it answered, as the admin route has it. */
  sendTestAlerts(config: Config): Promise<JsonObject[]>;
  /** Listens; throws when it cannot. */
  startServer(config: Config, options: ServeOptions): Promise<RunningServer>;
};

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The process around a command. */
export type Host = {
  stdout(text: string): void;
  stderr(text: string): void;
  /** What is piped in; undefined on a terminal. */
  stdin?(): Promise<string | undefined>;
  /** Writes what is piped in to a new file (0600); undefined on a terminal. */
  pipeIn?: ((path: string) => Promise<void>) | undefined;
  /** Writes a file to stdout, byte by byte; undefined on a terminal, and when stdout is closed. */
  pipeOut?: ((path: string) => Promise<void>) | undefined;
  /** Somebody looks at stdout on a terminal. */
  colours?: boolean;
  /** Calls `listener` at the next SIGINT or SIGTERM. */
  onStop(listener: (signal: StopSignal) => void): void;
  /** Calls `listener`, once or more, when nobody reads stdout any more. */
  onReaderGone?(listener: () => void): void;
  /** Calls `listener` at every SIGHUP. */
  onHangUp?(listener: () => void): void;
  /** Whether stderr is a screen, where progress may be shown. */
  isTerminal?: boolean;
};
