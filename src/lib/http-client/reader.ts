// What bytes that arrive over time are read by.

export type Reader = {
  /** The next bytes; `done` without any behind the last ones. Rejects when there were to be more. */
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  /** Whoever sends them may stop; a read that waits is done then. */
  cancel(reason?: unknown): Promise<void>;
};
