// Starts a thread of this folder, from source and in the compiled executable alike.

/** `file` is a module beside this one; compiled, it also has to be an entry point in `scripts/build.ts`. */
export function startWorker(file: string): Worker {
  // Compiled, this module has become part of the main one, and entry points keep their path from the root.
  const place = Bun.isStandaloneExecutable ? `./src/store/sqlite/${file}` : `./${file}`;
  // `unref` is Bun's own: the thread ends with the process instead of keeping it alive
  const worker = new Worker(new URL(place, import.meta.url).href) as Worker & { unref(): void };
  worker.unref();
  return worker;
}
