// What the matrix knows of a client library: where it talks to, the tools it runs, what it reports.

import { TOOLS, type ToolRun } from './scenarios.ts';
import type { WireFormat } from './script.ts';

/** Where a client is to talk to. */
export type Target = { origin: string; baseUrl: string; key: string; model: string };

/** Tokens over all turns, cached ones inside the input; undefined where the client does not tell. */
export type Tokens = { input: number; output: number; cached?: number | undefined };

/** Tokens are undefined for a client that asks for none. */
export type Outcome = { text: string; tokens: Tokens | undefined };

/** One way of using one client library. */
export type Client = {
  /** Part of golden file names. */
  name: string;
  format: WireFormat;
  /** Output tokens it may count too many: libraries that add the first snapshot to the last. */
  overcount?: number;
  /** It takes the input from the first event of a stream, where other formats do not have it yet. */
  countsInputAtStart?: true;
  /** It sends reasoning back as it got it, so that it must reach the provider that issued it. */
  echoesReasoning?: true;
  /** Leads the whole conversation; tools are run through `tools`. */
  converse(target: Target, tools: ToolBox): Promise<Outcome>;
};

/** Runs the shared tools and keeps what they were given. */
export class ToolBox {
  readonly runs: ToolRun[] = [];
  readonly results: string[] = [];

  /** The result text of a tool; `args` as the client library decoded them. */
  run(name: string, args: unknown): string {
    this.runs.push({ name, args });
    const tool = TOOLS.find((one) => one.name === name);
    if (tool === undefined) throw new Error(`the model called an unknown tool: ${name}`);
    const result = tool.run(args);
    this.results.push(result);
    return result;
  }
}
