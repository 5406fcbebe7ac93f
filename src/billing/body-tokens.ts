// Guesses how many tokens a prompt has from the bytes of its request, without parsing it.

import { bufferOf } from '../lib/bytes.ts';
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
  const first = mayHoldFiles(body) ? body.indexOf(QUOTE) : -1;
  for (let end = first; end !== -1; end = body.indexOf(QUOTE, start)) {
    if (end - start >= FILE_CHARS_MIN) {
      const value = body.subarray(start, end);
      if (isFile(value)) {
        textBytes -= value.length;
        fileTokens += tokensOfFile(value);
      }
    }
    start = end + 1;
  }
  return Math.ceil(textBytes / CHARS_PER_TOKEN) + fileTokens;
}

/** The same for a body in which there can be none but text. */
export function estimateTextTokens(body: Uint8Array): number {
  return Math.ceil(body.length / CHARS_PER_TOKEN);
}

/** Each format says of its files in one of these words that they are spelled out. */
const FILE_WORDS = ['base64', 'inlineData', 'inline_data', 'input_audio'].map((word) => Buffer.from(word));

function mayHoldFiles(body: Uint8Array): boolean {
  if (body.length < BODY_BYTES_MIN) return false;
  const buffer = bufferOf(body);
  return FILE_WORDS.some((word) => buffer.includes(word));
}

function isFile(value: Uint8Array): boolean {
  if (value.includes(SPACE)) return false;
  return value.subarray(0, FILE_CHARS_MIN).every((byte) => byte < 128);
}

function tokensOfFile(base64: Uint8Array): number {
  const head = Buffer.from(base64.subarray(0, HEAD_BYTES));
  if (head.includes(PDF_SIGN)) return Math.ceil(base64.length / PDF_CHARS_PER_TOKEN);
  return Math.min(IMAGE_TOKENS, Math.ceil(base64.length / CHARS_PER_TOKEN));
}
