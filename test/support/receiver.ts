// A receiver of alerts on loopback: keeps what it is sent, and answers what a test wants.

export type Letter = { headers: Record<string, string>; text: string; json: Record<string, unknown> };

export type Receiver = {
  url: string;
  host: string;
  letters: Letter[];
  /** What it answers from now on; 200 until it is set. */
  answer: (letter: Letter) => Response | Promise<Response>;
  /** Resolves when there have been so many. */
  received(count: number): Promise<Letter[]>;
  stop(): Promise<void>;
};

export function startReceiver(): Receiver {
  let waiting: { count: number; resolve: (letters: Letter[]) => void }[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const text = await request.text();
      const json = JSON.parse(text) as Record<string, unknown>;
      const letter = { headers: request.headers.toJSON() as Record<string, string>, text, json };
      receiver.letters.push(letter);
      const due = waiting.filter(({ count }) => count <= receiver.letters.length);
      waiting = waiting.filter((each) => !due.includes(each));
      for (const { resolve } of due) resolve(receiver.letters);
      return receiver.answer(letter);
    },
  });
  const receiver: Receiver = {
    url: `http://127.0.0.1:${server.port}/hook/tell-nobody?token=nor-this`,
    host: `127.0.0.1:${server.port}`,
    letters: [],
    answer: () => new Response('ok'),
    received(count) {
      if (receiver.letters.length >= count) return Promise.resolve(receiver.letters);
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
    stop: () => server.stop(true),
  };
  return receiver;
}
