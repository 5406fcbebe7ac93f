// Starts a thread of this folder, from source and in the compiled executable alike.

/** Both are Bun's own: the thread ends with the process, unless `ref` makes the process wait for it. */
type BunWorker = Worker & { ref(): void; unref(): void };

/** `file` is a module beside this one; compiled, it also has to be an entry point in `scripts/build.ts`. */
export function startWorker(file: string): BunWorker {
  // Compiled, this module has become part of the main one, and entry points keep their path from the root.
  const place = Bun.isStandaloneExecutable ? `./src/store/sqlite/${file}` : `./${file}`;
  const worker = new Worker(new URL(place, import.meta.url).href) as BunWorker;
  worker.unref();
  return worker;
}
