// Names of files, by which OpenAI tells their types.

import { expect, test } from 'bun:test';
import type { FilePart } from '../../src/canonical/part.ts';
import { fileName } from '../../src/formats/file-name.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { encode as encodeResponses } from '../support/responses-encoding.ts';
import { encode as encodeChat } from './openai-chat/target.ts';

test.each([
  ['report.pdf', 'application/pdf', 'report.pdf'],
  ['REPORT.PDF', 'application/pdf', 'REPORT.PDF'],
  ['Report v1.2', 'application/pdf', 'Report v1.2.pdf'],
  ['Quarterly report', 'application/pdf', 'Quarterly report.pdf'],
  ['', 'application/pdf', 'document.pdf'],
  [undefined, 'text/plain', 'document.txt'],
  [undefined, 'application/zip', 'document.bin'],
  ['main.py', 'text/plain', 'main.py'],
  ['notes', 'text/markdown', 'notes.md'],
  ['sheet.xlsx', 'application/vnd.ms-excel', 'sheet.xlsx'],
])('%p of %s is called %p', (title, mediaType, name) => {
  expect(fileName(title, mediaType)).toBe(name);
});

const document: FilePart = {
  kind: 'file',
  source: { from: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' },
  at: 'messages[0].content[0]',
};
const named = (title: string) => ({ messages: [{ role: 'user' as const, parts: [{ ...document, title }] }] });
const firstOf = (list: unknown) => asObject(asArray(asObject(asArray(list as never)[0]).content)[0]);

test.each<[string, (title: string) => { name: unknown; losses: object[] }]>([
  [
    'Chat',
    (title) => {
      const { value, losses } = encodeChat(named(title));
      return { name: asObject(firstOf(value.messages).file).filename, losses };
    },
  ],
  [
    'Responses',
    (title) => {
      const { value, losses } = encodeResponses(named(title));
      return { name: firstOf((value as JsonObject).input).filename, losses };
    },
  ],
])('a title that tells no type gets its extension on %s, which is named', (_, write) => {
  const changed = [
    { path: document.at, action: 'changed', reason: 'the name of a file has to tell its type' },
  ];
  expect(write('The report')).toEqual({ name: 'The report.pdf', losses: changed });
  expect(write('report.pdf')).toEqual({ name: 'report.pdf', losses: [] });
});
