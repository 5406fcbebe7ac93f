// The grammar of Gemini streams: `piece* last`, where an error may stand for everything that is left.

import { asArray, asObject, isObject, type JsonObject } from '../../src/lib/json.ts';
import { demand, type Ending, type Grammar, type Wire } from './grammar-rule.ts';

class GoogleGrammar implements Grammar {
  #stage: 'answer' | 'finished' | 'failed' = 'answer';
  #head: string | undefined;

  read({ event, value }: Wire): void {
    demand(event === undefined, 'pieces have no event names: the SDK skips them');
    demand(value !== undefined, 'the SDK breaks on [DONE]');
    demand(this.#stage !== 'failed', 'something after the error');
    if (value.error !== undefined) {
      const error = asObject(value.error);
      demand(
        typeof error.code === 'number' && typeof error.status === 'string',
        'an error has a code and a status',
      );
      demand(typeof error.message === 'string' && error.message !== '', 'an error says what is wrong');
      demand(this.#stage === 'answer', 'an error after the finish');
      this.#stage = 'failed';
      return;
    }
    this.#readPiece(value);
  }

  #readPiece(piece: JsonObject): void {
    demand(typeof piece.modelVersion === 'string', 'a piece names the model');
    demand(typeof piece.responseId === 'string', 'a piece has an id');
    const head = JSON.stringify([piece.modelVersion, piece.responseId]);
    this.#head ??= head;
    demand(head === this.#head, 'id and model stay the same');
    if (isObject(piece.promptFeedback)) {
      this.#stage = 'finished';
      return;
    }
    const candidates = asArray(piece.candidates).map(asObject);
    demand(candidates.length === 1, 'one candidate');
    demand(this.#stage === 'answer', 'content after the finish');
    const [candidate = {}] = candidates;
    demand((candidate.index ?? 0) === 0, 'the candidate is the first');
    const content = asObject(candidate.content);
    demand(content.role === 'model' && Array.isArray(content.parts), 'a candidate has content of the model');
    for (const part of asArray(content.parts)) this.#readPart(asObject(part));
    if (candidate.finishReason === undefined) return;
    demand(typeof candidate.finishReason === 'string', 'a reason is a word');
    this.#stage = 'finished';
  }

  #readPart(part: JsonObject): void {
    const kinds = Object.keys(part).filter((name) => name !== 'thought' && name !== 'thoughtSignature');
    demand(kinds.length === 1, `a part is one thing: ${kinds.join(' ')}`);
    if ('text' in part) demand(typeof part.text === 'string', 'a text is a text');
    if (!('functionCall' in part)) return;
    const { name, args } = asObject(part.functionCall);
    demand(typeof name === 'string', 'a call has a name');
    demand(args === undefined || isObject(args), 'arguments are an object');
  }

  end(): Ending {
    if (this.#stage === 'failed') return 'failed';
    demand(this.#stage === 'finished', 'the stream is not closed');
    return 'finished';
  }
}

export const googleGrammar = (): Grammar => new GoogleGrammar();
