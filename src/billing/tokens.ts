// Counts tokens with the o200k_base vocabulary, or by length until that vocabulary is loaded.

type Vocabulary = {
  count(text: string): number;
  encode(text: string): Generator<number[]>;
  /** UTF-8 bytes of a token. */
  bytes(token: number): Uint8Array;
};

/** Merging is quadratic in the length of an unbroken run; longer ones are cut here. */
const RUN_CHARS_MAX = 256;
/** UTF-8 bytes of one UTF-16 unit; a token holds at least one byte. */
const UTF8_BYTES_MAX = 3;
const LONG_RUN = /[\p{L}\p{M}]{257,}|[^\s\p{L}\p{N}]{257,}|\s{257,}/gu;
/** Longer texts are counted up to here and the rest at the same rate, so that none holds up the process. */
const EXACT_CHARS_MAX = 1_000_000;
/** The library keeps merged words; the default of 100,000 could be filled with long ones. */
const CACHED_WORDS_MAX = 10_000;

/** Characters per token of Latin text, where nothing better is known. */
export const CHARS_PER_TOKEN = 3.6;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

let vocabulary: Vocabulary | undefined;
let loading: Promise<void> | undefined;

/** Loads the vocabulary (2 MB, some hundred milliseconds) once; until it has, counts are estimates. */
export function loadTokenizer(): Promise<void> {
  loading ??= readVocabulary();
  return loading;
}

/** Tokens in the text; text that spells a special token counts as text. Linear in the length, never throws. */
export function countTokens(text: string): number {
  if (!vocabulary) return estimateByLength(text);
  if (text.length <= EXACT_CHARS_MAX) return countExactly(text, vocabulary);
  const counted = countExactly(text.slice(0, EXACT_CHARS_MAX), vocabulary);
  return Math.ceil((counted * text.length) / EXACT_CHARS_MAX);
}

/** The first `max` tokens of the text, without a character that they hold only in part. */
export function takeTokens(text: string, max: number): string {
  if (max <= 0) return '';
  if (max >= text.length * UTF8_BYTES_MAX) return text;
  if (!vocabulary) return text.slice(0, wholeCharacters(text, Math.floor(max * CHARS_PER_TOKEN)));
  const taken: Uint8Array[] = [];
  for (const chunk of cutLongRuns(text)) {
    for (const tokens of vocabulary.encode(chunk)) {
      for (const token of tokens) {
        if (taken.length === max) return wholeText(Buffer.concat(taken));
        taken.push(vocabulary.bytes(token));
      }
    }
  }
  return text;
}

/** What the text would count without a vocabulary: one per CJK character, one per 3.6 others. */
export function estimateByLength(text: string): number {
  let wide = 0;
  for (const _ of text.matchAll(WIDE)) wide++;
  return wide + Math.ceil((text.length - wide) / CHARS_PER_TOKEN);
}

async function readVocabulary(): Promise<void> {
  const [encoding, ranks] = await Promise.all([
    import('gpt-tokenizer/encoding/o200k_base'),
    import('gpt-tokenizer/bpeRanks/o200k_base'),
  ]);
  const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };
  encoding.setMergeCacheSize(CACHED_WORDS_MAX);
  vocabulary = {
    count: (text) => encoding.countTokens(text, asText),
    encode: (text) => encoding.encodeGenerator(text, asText),
    bytes: (token) => Buffer.from(ranks.default[token] ?? ''),
  };
}

function countExactly(text: string, { count }: Vocabulary): number {
  let tokens = 0;
  for (const chunk of cutLongRuns(text)) tokens += count(chunk);
  return tokens;
}

function* cutLongRuns(text: string): Generator<string> {
  let from = 0;
  for (const { 0: run, index } of text.matchAll(LONG_RUN)) {
    if (index > from) yield text.slice(from, index);
    for (let at = 0; at < run.length; ) {
      const end = wholeCharacters(run, at + RUN_CHARS_MAX);
      yield run.slice(at, end);
      at = end;
    }
    from = index + run.length;
  }
  if (from === 0) yield text;
  else if (from < text.length) yield text.slice(from);
}

/** The index itself, or one less where it would part a surrogate pair. */
function wholeCharacters(text: string, end: number): number {
  const unit = text.charCodeAt(end - 1);
  return unit >= 0xd800 && unit <= 0xdbff && end < text.length ? end - 1 : end;
}

function wholeText(bytes: Buffer): string {
  // a streaming decoder withholds the incomplete character at the end
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}
