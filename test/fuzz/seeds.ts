// What is spoilt: bodies and streams of every format, recorded ones and those the laws generate.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FormatId } from '../../src/canonical/part.ts';
import { CODECS } from '../../src/formats/index.ts';
import { answerOf } from '../laws/answers.ts';
import { Choices } from '../laws/choices.ts';
import { requestOf } from '../laws/requests.ts';
import { Dice } from './dice.ts';

/** Texts of one format, each as it would come over the wire; a stream is its frames. */
export type Seeds = { requests: string[]; answers: string[]; streams: string[][]; errors: string[] };

const FIXTURES = join(import.meta.dir, '../fixtures');
const NUMBERS = 500;

/** `each` generated ones of every kind beside the recorded ones. */
export function seedsOf(each: number, seed: number): Record<string, Seeds> {
  const dice = new Dice(seed);
  const choices = () => new Choices(Array.from({ length: NUMBERS }, () => dice.below(0x10000)));
  return Object.fromEntries(
    CODECS.map((codec) => {
      const seeds = recorded(codec.id);
      for (let i = 0; i < each; i++) {
        seeds.requests.push(JSON.stringify(requestOf(codec, choices())));
        const { body, frames } = answerOf(codec, choices(), dice.one(['none', 'harmless', 'wild']));
        seeds.answers.push(JSON.stringify(body));
        seeds.streams.push(frames);
      }
      return [codec.id, seeds];
    }),
  );
}

function recorded(format: FormatId): Seeds {
  const own = join(FIXTURES, format);
  const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
  const names = readdirSync(own);
  const golden = readdirSync(join(FIXTURES, 'golden')).filter((name) =>
    new RegExp(`-${format}-turn\\d\\.json$`).test(name),
  );
  return {
    requests: golden.map((name) => read(join(FIXTURES, 'golden'), name)),
    answers: names
      .filter((name) => name.endsWith('.json') && !name.includes('request'))
      .map((name) => read(own, name)),
    streams: names
      .filter((name) => name.endsWith('.sse'))
      .map((name) => read(own, name).match(/[\s\S]*?\n\n|[\s\S]+$/g) ?? []),
    errors: ERRORS,
  };
}

/** What providers answer when they refuse, of every kind at every one: gateways in between speak any of them. */
const ERRORS = [
  '{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
  '{"error":{"message":"maximum context length is 8192 tokens","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}',
  '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}',
  '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}',
  '{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"7s"}]}}',
  '[{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}]',
  '{"detail":"Not Found"}',
  '{"message":"model not found","error":"not_found"}',
  '<html><body><h1>502 Bad Gateway</h1></body></html>',
  '',
];
