// Waits for what comes about by itself, and fails where it does not.

const PATIENCE_MS = 15_000;
const LOOK_EVERY_MS = 10;

/** Resolves as soon as `holds` does; after 15 s it rejects with `complaint`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  complaint: () => string = () => 'it never came to that',
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(complaint());
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
