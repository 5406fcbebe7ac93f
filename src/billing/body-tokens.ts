// Guesses how many tokens a prompt has from the bytes of its request, without parsing it.

import { CHARS_PER_TOKEN } from './tokens.ts';

/** Smaller bodies hold no file worth looking for. */
const BODY_BYTES_MIN = 16_384;
/** A text without a single space is not that long. */
const FILE_CHARS_MIN = 4_096;
/** What the largest image is billed as. */
const IMAGE_TOKENS = 1_600;
/** A PDF page is about 67 kB of base64 and 2,000 tokens. */
const PDF_CHARS_PER_TOKEN = 33;
/** `%PDF` in base64. */
const PDF_SIGN = Buffer.from('JVBER');
/** The longest beginning of a data URL. */
const HEAD_BYTES = 200;
const QUOTE = 34;
const SPACE = 32;

/** Text by its length, each file that is spelled out in base64 as one image or by the pages of a PDF. */
export function estimatePromptTokens(body: Uint8Array): number {
  let textBytes = body.length;
  let fileTokens = 0;
  let start = 0;
  const first = body.length < BODY_BYTES_MIN ? -1 : body.indexOf(QUOTE);
  for (let end = first; end !== -1; end = body.indexOf(QUOTE, start)) {
    const value = body.subarray(start, end);
    if (isFile(value)) {
      textBytes -= value.length;
      fileTokens += tokensOfFile(value);
    }
    start = end + 1;
  }
  return Math.ceil(textBytes / CHARS_PER_TOKEN) + fileTokens;
}

function isFile(value: Uint8Array): boolean {
  if (value.length < FILE_CHARS_MIN || value.includes(SPACE)) return false;
  return value.subarray(0, FILE_CHARS_MIN).every((byte) => byte < 128);
}

function tokensOfFile(base64: Uint8Array): number {
  const head = Buffer.from(base64.subarray(0, HEAD_BYTES));
  if (head.includes(PDF_SIGN)) return Math.ceil(base64.length / PDF_CHARS_PER_TOKEN);
  return Math.min(IMAGE_TOKENS, Math.ceil(base64.length / CHARS_PER_TOKEN));
}
