// A whole body that tells when its last bytes have left.

/** What a socket takes at once, whoever reads it how slowly (Linux: the default of tcp_wmem). */
const TAKEN_AT_ONCE_BYTES = 16 * 1024;

/**
 * The body as it goes to the server: a small one as it is, at once `left`; a large one as a stream, which the server
 * asks for more only when all of it is in the hands of the kernel.
 */
export function tellingBody(bytes: Uint8Array, left: () => void): Uint8Array | ReadableStream<Uint8Array> {
  if (bytes.length <= TAKEN_AT_ONCE_BYTES) {
    left();
    return bytes;
  }
  let isSent = false;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (isSent) {
        controller.close();
        left();
      } else controller.enqueue(bytes);
      isSent = true;
    },
  });
}
