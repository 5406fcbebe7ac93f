// Listens to what an answer says about itself: usage, text, end. It can never hurt the answer.

import type { StreamEvent } from '../canonical/event.ts';
import type { Fault } from '../canonical/fault.ts';
import type { Part } from '../canonical/part.ts';
import type { CanonicalResponse, Finish } from '../canonical/response.ts';
import {
  type CodeSeen,
  isBelievable,
  noUsage,
  settleUsage,
  sumUsages,
  type Usage,
  withCode,
} from '../canonical/usage.ts';

/** The model would not, or a filter would not let it. */
export function isRefusal({ reason }: Finish): boolean {
  return reason === 'refusal' || reason === 'filter';
}

/** Characters of English text per token, for estimates where a provider reported nothing. */
const CHARS_PER_TOKEN = 3.6;

/** What is heard of an answer, by one meter or by several: what it used so far, and the like. */
export type Heard = { usage(): Usage; readonly isPlain: boolean; readonly refused: boolean };

/** Collects what one answer reports. `ended` is set by its terminal event, `fault` by an error. */
export class Meter implements Heard {
  ended = false;
  fault: Fault | undefined;
  /** The answer was over before it had said anything, because the model or a filter refused. */
  refused = false;
  /** One request has brought all of it so far. */
  isPlain = true;
  #promptTokens: number;
  /** What the requests before the one under way have used for the same answer. */
  #earlier: Usage[] = [];
  #report: Usage | undefined;
  /** Output seen when the report came: what it covers. */
  #covered = 0;
  #chars = 0;
  #frames = 0;
  #code: (() => CodeSeen | undefined) | undefined;
  /** Told before the tokens are counted, so that what breaks off costs what it was made by. */
  #tier: string | undefined;
  #model: string | undefined;
  #billed: { report: Usage; usage: Usage } | undefined;

  /** `promptTokens` is what the prompt is worth if the provider does not say. */
  constructor(promptTokens = 0) {
    this.#promptTokens = promptTokens;
  }

  hear(event: StreamEvent): void {
    switch (event.type) {
      case 'start':
      case 'usage':
        this.#tier = event.serviceTier ?? this.#tier;
        this.hearReport(event.usage);
        return;
      case 'part-delta':
        if ('text' in event.delta) this.#chars += event.delta.text.length;
        return;
      case 'finish':
        this.ended = true;
        this.refused = this.#chars === 0 && isRefusal(event.finish);
        return;
      case 'error':
        this.ended = true;
        this.fault = event.fault;
        return;
      case 'part-start':
      case 'part-end':
        return;
      default:
        event satisfies never;
    }
  }

  /** The answer goes on in another request, whose prompt is all there was of it so far. */
  goOn(): void {
    const used = this.#own();
    this.#earlier.push(used);
    this.#promptTokens = used.input + used.output;
    this.forget();
  }

  /** What came by the request under way is as good as nothing: it is asked anew. */
  forget(): void {
    this.isPlain = false;
    this.ended = false;
    this.fault = undefined;
    this.refused = false;
    this.#report = undefined;
    this.#tier = undefined;
    this.#covered = 0;
    this.#chars = 0;
    this.#frames = 0;
  }

  /** More than one request was needed, so that no report of a provider is about the whole answer. */
  get isSum(): boolean {
    return this.#earlier.length > 0;
  }

  /** Frames that have left since the answer began without all being decoded; about one token is in each. */
  hearFrames(frames: number): void {
    this.#frames = frames;
  }

  /** A count in the middle of an answer or at its end; each one stands for all before it. */
  hearReport(report: Usage | undefined): void {
    if (!report || !isBelievable(report)) return;
    // one that counts no output, as Google's in the middle of an answer, covers none
    if (this.#report?.raw !== report.raw) this.#covered = report.output > 0 ? this.#seen : 0;
    this.#report = report;
  }

  /** Where the code that the answer has run so far can be asked for; its last report has it too. */
  watchCode(code: () => CodeSeen | undefined): void {
    this.#code = code;
  }

  /** By its name at the provider, which may have asked another one than it was asked for. */
  hearModel(name: string | undefined): void {
    if (name === undefined || name === this.#model) return;
    this.#model = name;
    this.#billed = undefined;
  }

  /** The report of a whole answer that nobody has decoded. */
  hearUsage(usage: Usage): void {
    this.ended = true;
    this.hearReport(usage);
  }

  hearWhole(response: CanonicalResponse): void {
    this.ended = true;
    for (const part of response.parts) this.#chars += charsOf(part);
    this.hearReport(response.usage);
  }

  /**
   * What is billed if the answer finishes with this report: itself, unless it contradicts what came over the wire. A
   * report of impossible counts is none, and the one before it stands; one that has not counted the output, or found
   * none where there was text, has its output estimated, and one without a prompt its input. The same report is always billed the same.
   */
  billed(report: Usage): Usage {
    if (this.#billed && isSameReport(this.#billed.report, report)) return this.#billed.usage;
    const usage = this.#withEarlier(this.#named(this.#corrected(report)));
    // what was not counted yet still grows
    if (report.source !== 'partial') this.#billed = { report, usage };
    return usage;
  }

  /**
   * What is known at the end: the provider's report, or an estimate from the request and the answer's text, marked as
   * one (source `estimated`). Of an unfinished answer, the last report and the output seen since then. A count that
   * came before any output counts none, and nothing is made up for an answer that never began.
   */
  usage(): Usage {
    if (this.ended && !this.fault && this.#report) return this.billed(this.#report);
    return this.#withEarlier(this.#own());
  }

  /** Of the request under way. */
  #own(): Usage {
    const report = this.#report;
    if (this.ended && !this.fault) return this.#named(report ? this.#corrected(report) : this.#estimate());
    const usage = this.#unfinished(report);
    const code = this.#code?.();
    return this.#named(code ? withCode(usage, code) : usage);
  }

  #named(usage: Usage): Usage {
    if (this.#model === undefined || usage.input + usage.output === 0) return usage;
    return withCode(usage, { runs: 0, containers: {}, servedBy: this.#model });
  }

  #unfinished(report: Usage | undefined): Usage {
    const seen = this.#seen;
    if (!report) return seen > 0 ? this.#estimate() : noUsage('estimated');
    if (report.source === 'partial')
      return settleUsage({ ...report, output: seen > 0 ? Math.max(report.output, seen) : 0 });
    return { ...report, output: report.output + seen - this.#covered, source: 'partial' };
  }

  #withEarlier(own: Usage): Usage {
    if (this.#earlier.length === 0) return own;
    // one of which nothing has come yet makes the others no less sure
    return sumUsages(own.input + own.output > 0 ? [...this.#earlier, own] : this.#earlier);
  }

  #corrected(report: Usage): Usage {
    if (!isBelievable(report)) return this.#report ? this.#corrected(this.#report) : this.#estimate();
    const isUncounted = report.source === 'partial' || (report.output === 0 && this.#chars > 0);
    const output = isUncounted ? Math.max(report.output, this.#seen) : report.output;
    // there is no call without a prompt
    const prompt = report.input === 0 ? this.#promptTokens : 0;
    if (!isUncounted && prompt === 0) return report;
    const input = report.input + prompt;
    return { ...report, input, inputUncached: report.inputUncached + prompt, output, source: 'partial' };
  }

  get #seen(): number {
    return Math.max(Math.ceil(this.#chars / CHARS_PER_TOKEN), this.#frames);
  }

  #estimate(): Usage {
    const input = this.#promptTokens;
    const tier = this.#tier === undefined ? {} : { tier: this.#tier };
    return { ...noUsage('estimated'), input, inputUncached: input, output: this.#seen, ...tier };
  }
}

function isSameReport(one: Usage, other: Usage): boolean {
  return one === other || (one.raw !== null && one.raw === other.raw && one.source === other.source);
}

function charsOf(part: Part): number {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text.length;
    case 'reasoning':
      return [...part.summary, ...part.content].reduce((chars, text) => chars + text.length, 0);
    case 'tool-call':
      return part.name.length + part.input.length;
    case 'audio':
      return part.transcript?.length ?? 0;
    case 'tool-result':
    case 'image':
    case 'file':
    case 'opaque':
      return 0;
    default:
      return part satisfies never;
  }
}
