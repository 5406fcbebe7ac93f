// Pages that Google's models read: sources of the text for the clients of every other format.

import { expect, test } from 'bun:test';
import { Fold } from '../../../src/canonical/fold.ts';
import { anthropicMessages } from '../../../src/formats/anthropic-messages/index.ts';
import type { Dress } from '../../../src/formats/codec.ts';
import { googleGenerateContent } from '../../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { parseFrames } from '../../../src/lib/sse.ts';

const TEXT = 'Both pages 😀 say that it rains.';
const GUIDE = 'https://docs.example/guide';
const REPORT = 'https://weather.example/report';

const page = (retrievedUrl: string, status: string) => ({
  ...{ retrievedUrl, urlRetrievalStatus: `URL_RETRIEVAL_STATUS_${status}` },
});
const urlContextMetadata = {
  urlMetadata: [
    page(GUIDE, 'SUCCESS'),
    page(REPORT, 'SUCCESS'),
    page(GUIDE, 'SUCCESS'),
    page('https://paid.example/', 'PAYWALL'),
    page('https://gone.example/', 'ERROR'),
  ],
};
const rain = { startIndex: 28, endIndex: 33, text: 'rains', partIndex: 0 };
const groundingMetadata = {
  groundingChunks: [{ web: { uri: REPORT, title: 'Report' } }],
  groundingSupports: [{ segment: rain, groundingChunkIndices: [0] }],
};
const bodyOf = (parts: JsonObject[], members: JsonObject): JsonObject => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...members }],
});

function whole(members: JsonObject) {
  return googleGenerateContent.decodeResponse(bodyOf([{ text: TEXT }], { finishReason: 'STOP', ...members }));
}

/** What was read is told in front of the text, and again behind it. */
function events(members: JsonObject) {
  const decoder = googleGenerateContent.streamDecoder();
  const pieces = [
    bodyOf([{ text: TEXT.slice(0, 9) }], { urlContextMetadata }),
    bodyOf([{ text: TEXT.slice(9) }], members),
    bodyOf([{ text: '' }], { finishReason: 'STOP', ...members }),
  ];
  const wire = Buffer.from(pieces.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`).join(''));
  return [...parseFrames(wire).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

const dress: Dress = {
  ...{ model: 'gemini', id: 'answer_1', createdS: 1, includeUsage: false, request: {}, requestId: 'req' },
};

test('a page that was read is a source of the whole text, once, and one that could not be read is none', () => {
  const { parts } = whole({ urlContextMetadata });
  expect(parts).toMatchObject([
    {
      text: TEXT,
      citations: [
        { kind: 'url', url: GUIDE },
        { kind: 'url', url: REPORT },
      ],
    },
  ]);
});

test('a page that supports a passage is not cited a second time for all of it', () => {
  const [text] = whole({ urlContextMetadata, groundingMetadata }).parts;
  const cited = text?.kind === 'text' ? text.citations?.map((one) => one.kind === 'url' && one.url) : [];
  expect(cited).toEqual([REPORT, GUIDE]);
});

test('a stream tells the same, however often the pages are named in it', () => {
  for (const members of [{ urlContextMetadata }, { urlContextMetadata, groundingMetadata }]) {
    const fold = new Fold();
    for (const event of events(members)) fold.push(event);
    expect(fold.response().parts).toEqual(whole(members).parts);
  }
});

test('what a retrieved document says is its quote, and the page of a picture is its source', () => {
  const groundingChunks = [
    { retrievedContext: { uri: GUIDE, title: 'Guide', text: 'Take an umbrella.' } },
    { image: { sourceUri: REPORT, imageUri: 'https://weather.example/rain.png', title: 'Rain' } },
  ];
  expect(whole({ groundingMetadata: { groundingChunks } }).parts).toMatchObject([
    {
      citations: [
        { url: GUIDE, title: 'Guide', quote: 'Take an umbrella.' },
        { url: REPORT, title: 'Rain' },
      ],
    },
  ]);
});

test.each([
  ['openai-chat', openaiChat, `{"start_index":0,"end_index":31,"title":"","url":"${GUIDE}"}`],
  ['openai-responses', openaiResponses, `"start_index":0,"end_index":31,"url":"${GUIDE}"`],
  ['anthropic-messages', anthropicMessages, `"web_search_result_location","url":"${GUIDE}"`],
] as const)('a client of %s is shown the pages, plain and streamed', (_, codec, shown) => {
  expect(JSON.stringify(codec.encodeResponse(whole({ urlContextMetadata }), dress))).toContain(shown);
  const encoder = codec.streamEncoder(dress);
  const wire = events({ urlContextMetadata })
    .map((event) => encoder.push(event))
    .join('');
  expect(wire).toContain(shown);
  expect(wire).not.toContain('gone.example');
});
