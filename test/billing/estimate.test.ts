// What the tokenizer and the estimate of a prompt promise.

import { beforeAll, describe, expect, test } from 'bun:test';
import { countTokens as countByLibrary } from 'gpt-tokenizer/encoding/o200k_base';
import { estimateInputTokens } from '../../src/billing/estimate.ts';
import { imageSize } from '../../src/billing/image-size.ts';
import { countTokens, estimateByLength, loadTokenizer, takeTokens } from '../../src/billing/tokens.ts';
import type { Part } from '../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../src/canonical/request.ts';

beforeAll(loadTokenizer);

const PROSE = 'Die Katze, sie schläft; 日本語の文章です。 const x = [1, 2, 3];\n\n  👩‍👩‍👧 done…';

function ask(parts: Part[], more: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return {
    model: 'm',
    stream: false,
    includeUsage: false,
    messages: [{ role: 'user', parts }],
    tools: [],
    sampling: {},
    cache: {},
    origin: {},
    ...more,
  };
}

/** A PNG up to the end of its IHDR chunk. */
function pngHead(width: number, height: number): string {
  const head = Buffer.alloc(33);
  head.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  head.writeUInt32BE(13, 8);
  head.write('IHDR', 12, 'latin1');
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head.toString('base64');
}

function jpegHead(width: number, height: number): string {
  const app0 = [0xff, 0xe0, 0, 4, 1, 2];
  const sof2 = [0xff, 0xc2, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  return Buffer.from([0xff, 0xd8, ...app0, ...sof2]).toString('base64');
}

describe('counting', () => {
  test('ordinary text counts exactly as the vocabulary does', () => {
    expect(countTokens(PROSE)).toBe(countByLibrary(PROSE));
    expect(countTokens('')).toBe(0);
  });

  test('the name of a special token is text, not an error', () => {
    expect(countTokens('<|endoftext|>')).toBeGreaterThan(3);
    expect(countTokens('a <|im_start|> b')).toBeGreaterThan(5);
  });

  test('endless runs without a space are counted before a test times out', () => {
    for (const unit of ['a', 'é', '=', ' ', '文', '😀', 'aB']) {
      const text = unit.repeat(200_000 / unit.length);
      expect(countTokens(text)).toBeGreaterThan(100);
    }
  });

  test('a text beyond the exact part counts in proportion', () => {
    const line = 'The quick brown fox jumps over the lazy dog. ';
    const repeats = 40_000;
    const expected = countByLibrary(line.repeat(100)) * (repeats / 100);
    expect(Math.abs(countTokens(line.repeat(repeats)) / expected - 1)).toBeLessThan(0.001);
  });

  test('the estimate by length takes a CJK character for one token and 3.6 others for one', () => {
    expect(estimateByLength('日本語한국')).toBe(5);
    expect(estimateByLength('x'.repeat(36))).toBe(10);
  });
});

describe('taking a number of tokens', () => {
  test('every cut is a beginning of the text and no longer than asked', () => {
    const whole = countTokens(PROSE);
    for (let max = 0; max <= whole; max++) {
      const taken = takeTokens(PROSE, max);
      expect(PROSE.startsWith(taken)).toBe(true);
      expect(countTokens(taken)).toBeLessThanOrEqual(max);
      expect(taken).not.toContain('\ufffd');
    }
    expect(takeTokens(PROSE, whole)).toBe(PROSE);
    expect(takeTokens('hello world', 1)).toBe('hello');
  });

  test('a character that needs several tokens is taken whole or not at all', () => {
    const rare = '𒐫𒐫';
    const perCharacter = countTokens('𒐫');
    expect(perCharacter).toBeGreaterThan(1);
    expect(takeTokens(rare, 1)).toBe('');
    expect(takeTokens(rare, perCharacter)).toBe('𒐫');
  });
});

describe('the estimate of a prompt', () => {
  test('is its text and 4 for each message', () => {
    expect(estimateInputTokens(ask([{ kind: 'text', text: PROSE }]))).toBe(countByLibrary(PROSE) + 4);
  });

  test('grows with tools, schemas, calls and results', () => {
    const plain = estimateInputTokens(ask([{ kind: 'text', text: 'hi' }]));
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const tool = { kind: 'function', name: 'get_weather', description: 'Weather of a city', schema } as const;
    const json = JSON.stringify({ name: tool.name, description: tool.description, parameters: schema });
    expect(estimateInputTokens(ask([{ kind: 'text', text: 'hi' }], { tools: [tool] }))).toBe(
      plain + countByLibrary(json),
    );
    const result: Part = {
      kind: 'tool-result',
      callId: 'c',
      form: 'json',
      content: [{ kind: 'text', text: 'sunny and warm' }],
      isError: false,
    };
    expect(estimateInputTokens(ask([result]))).toBe(4 + countByLibrary('sunny and warm'));
  });

  test('takes an image by its pixels, up to a limit, and by a flat rate where only that is known', () => {
    const image = (data: string, detail?: string): Part => ({
      kind: 'image',
      source: { from: 'base64', mediaType: 'image/png', data },
      ...(detail === undefined ? {} : { detail }),
    });
    expect(estimateInputTokens(ask([image(pngHead(750, 100))]))).toBe(4 + 100);
    expect(estimateInputTokens(ask([image(pngHead(9_000, 9_000))]))).toBe(4 + 1_600);
    expect(estimateInputTokens(ask([image(pngHead(9_000, 9_000), 'low')]))).toBe(4 + 85);
    expect(estimateInputTokens(ask([image('AAAA')]))).toBe(4 + 1_100);
    const url: Part = { kind: 'image', source: { from: 'url', url: 'https://example.com/a.png' } };
    expect(estimateInputTokens(ask([url]))).toBe(4 + 1_100);
  });

  test('takes a PDF by its bytes and a text document by its text', () => {
    const pdf = Buffer.alloc(50_000).toString('base64');
    const file = (mediaType: string, data: string): Part => ({
      kind: 'file',
      source: { from: 'base64', mediaType, data },
    });
    const tokens = estimateInputTokens(ask([file('application/pdf', pdf)]));
    expect(Math.abs(tokens - 2_004)).toBeLessThanOrEqual(1);
    const text = Buffer.from(PROSE).toString('base64');
    expect(estimateInputTokens(ask([file('text/plain', text)]))).toBe(4 + countByLibrary(PROSE));
  });
});

describe('image sizes', () => {
  test('are read from the head of PNG and JPEG, and unknown for anything else', () => {
    expect(imageSize(pngHead(640, 480))).toEqual({ width: 640, height: 480 });
    expect(imageSize(jpegHead(1_024, 300))).toEqual({ width: 1_024, height: 300 });
    expect(imageSize('')).toBeUndefined();
    expect(imageSize(Buffer.from('<svg/>').toString('base64'))).toBeUndefined();
    expect(imageSize(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]).toString('base64'))).toBeUndefined();
  });
});
