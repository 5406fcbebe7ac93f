// Sources of a text: what Google searched, read and cited, in bytes of the text, and the canonical citations.

import type { Citation, HostedSearch } from '../../canonical/part.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../lib/json.ts';
import { Ruler } from './ruler.ts';

/** `start` and `end` count the bytes of UTF-8 in the part; `text` is what stands between them. */
type Segment = { start: number; end: number; text: string | undefined; partIndex: number | undefined };
type Source = {
  url: string;
  title: string | undefined;
  quote?: string | undefined;
  segment: Segment | undefined;
};

/** Collects the sources of one answer, which streams tell again and again, and gives each to its text once. */
export class GroundingReader {
  #queries: string[] = [];
  #grounded: Source[] = [];
  #cited: Source[] = [];
  #read: Source[] = [];
  readonly #told = new Set<string>();

  note(candidate: JsonObject): void {
    if (isObject(candidate.groundingMetadata)) {
      this.#grounded = groundedSources(candidate.groundingMetadata);
      const queries = asArray(candidate.groundingMetadata.webSearchQueries).filter(isText);
      // later pieces tell all of it again, or nothing
      if (queries.length >= this.#queries.length) this.#queries = queries;
    }
    if (isObject(candidate.citationMetadata))
      this.#cited = asArray(candidate.citationMetadata.citations).flatMap(citedSource);
    if (isObject(candidate.urlContextMetadata)) this.#read = readPages(candidate.urlContextMetadata);
  }

  /** What was searched for; undefined when nothing was. */
  get search(): HostedSearch | undefined {
    if (this.#queries.length === 0) return undefined;
    const sources = new Map(this.#grounded.map(({ url, title }) => [url, title]));
    return {
      queries: this.#queries,
      sources: [...sources].map(([url, title]) => (title === undefined ? { url } : { url, title })),
    };
  }

  /**
   * The citations of a text that is now whole. `parts` are the parts it was made of, where their numbers are known;
   * Google leaves the number 0 out, so a segment without one may stand anywhere.
   */
  take(text: string, parts: ReadonlySet<number> | undefined): Citation[] {
    const citations: Citation[] = [];
    const named = [...this.#grounded, ...this.#cited];
    // a page that supports a passage is not a source of the whole text besides
    const urls = new Set(named.map(({ url }) => url));
    const read = this.#read.filter(({ url }) => !urls.has(url));
    const ruler = new Ruler(text);
    for (const source of [...named, ...read]) {
      const key = JSON.stringify(source);
      const part = source.segment?.partIndex;
      if (this.#told.has(key) || (part !== undefined && parts?.has(part) === false)) continue;
      const range = source.segment ? rangeIn(ruler, source.segment) : {};
      if (!range) continue;
      this.#told.add(key);
      const { url, title, quote } = source;
      const said = { ...(title === undefined ? {} : { title }), ...(quote === undefined ? {} : { quote }) };
      citations.push({ kind: 'url', url, ...said, ...range });
    }
    return citations;
  }
}

function isText(value: JsonValue): value is string {
  return typeof value === 'string';
}

function groundedSources(metadata: JsonObject): Source[] {
  const chunks = asArray(metadata.groundingChunks).map((chunk) => sourceOf(asObject(chunk)));
  const supports = asArray(metadata.groundingSupports).map(asObject);
  const used = new Set<number>();
  const sources = supports.flatMap((support): Source[] => {
    const segment = segmentOf(support.segment);
    return asArray(support.groundingChunkIndices).flatMap((index): Source[] => {
      const chunk = typeof index === 'number' ? chunks[index] : undefined;
      if (!chunk || typeof index !== 'number') return [];
      used.add(index);
      return [{ ...chunk, segment }];
    });
  });
  // a source that supports nothing in particular still was one
  chunks.forEach((chunk, index) => {
    if (chunk && !used.has(index)) sources.push(chunk);
  });
  return sources;
}

function sourceOf(chunk: JsonObject): Source | undefined {
  const place = [chunk.web, chunk.retrievedContext, chunk.maps, chunk.image].find(isObject);
  // of a picture the page it stands on is the source
  const url = asString(place?.uri) ?? asString(place?.sourceUri);
  if (url === undefined) return undefined;
  return {
    url,
    title: asString(place?.title),
    quote: asString(place?.text) || undefined,
    segment: undefined,
  };
}

/** The pages the model was told to read; not those it could not have. */
function readPages(metadata: JsonObject): Source[] {
  const urls = asArray(metadata.urlMetadata).flatMap((page): string[] => {
    const { retrievedUrl, urlRetrievalStatus } = asObject(page);
    const url = asString(retrievedUrl);
    return url && urlRetrievalStatus === READ ? [url] : [];
  });
  return [...new Set(urls)].map((url) => ({ url, title: undefined, segment: undefined }));
}

/** Writes `urlContextMetadata`, as a candidate has it; nothing where no page was read. */
export function encodePages(urls: string[]): JsonObject {
  if (urls.length === 0) return {};
  const urlMetadata = urls.map((retrievedUrl) => ({ retrievedUrl, urlRetrievalStatus: READ }));
  return { urlContextMetadata: { urlMetadata } };
}

const READ = 'URL_RETRIEVAL_STATUS_SUCCESS';

/** Google leaves an index of 0 out. */
function segmentOf(value: JsonValue | undefined): Segment | undefined {
  if (!isObject(value)) return undefined;
  const end = asNumber(value.endIndex);
  const text = asString(value.text) || undefined;
  if (end === undefined && text === undefined) return undefined;
  return {
    start: asNumber(value.startIndex) ?? 0,
    end: end ?? 0,
    text,
    partIndex: asNumber(value.partIndex),
  };
}

function citedSource(value: JsonValue): Source[] {
  const { uri, title, startIndex, endIndex } = asObject(value);
  const url = asString(uri);
  if (url === undefined) return [];
  const end = asNumber(endIndex);
  const segment =
    end === undefined
      ? undefined
      : { start: asNumber(startIndex) ?? 0, end, text: undefined, partIndex: undefined };
  return [{ url, title: asString(title), segment }];
}

/** Where the segment stands in the text, in code points; undefined when it belongs to another text. */
function rangeIn(
  ruler: Ruler,
  { start, end, text: said }: Segment,
): { start: number; end: number } | undefined {
  const { bytes, text } = ruler;
  if (said === undefined ? end <= bytes.length : isAt(bytes, start, end, said))
    return { start: ruler.pointsBefore(start), end: ruler.pointsBefore(end) };
  const at = said === undefined ? -1 : text.indexOf(said);
  if (at === -1 || said === undefined) return undefined;
  const before = ruler.pointsBefore(Buffer.byteLength(text.slice(0, at)));
  return { start: before, end: before + codePoints(said) };
}

/** Looked at only where it may be: many sources may each claim all of a long text. */
function isAt(bytes: Buffer, start: number, end: number, said: string): boolean {
  const length = Math.min(end, bytes.length) - start;
  return length === Buffer.byteLength(said) && bytes.subarray(start, end).toString() === said;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** A text with its citations and the place of its part in the content. */
export type CitedText = { text: string; citations: Citation[]; partIndex: number };

/**
 * Writes `groundingMetadata`; undefined when nothing was searched for or cited that Google could name. A source without
 * a range supports all of its text.
 */
export function encodeGrounding(texts: CitedText[], searches: HostedSearch[]): JsonObject | undefined {
  const webSearchQueries = searches.flatMap((search) => search.queries);
  const asked = webSearchQueries.length === 0 ? {} : { webSearchQueries };
  const groundingChunks: JsonObject[] = [];
  const groundingSupports: JsonObject[] = [];
  const known = new Map<string, number>();
  for (const { text, citations, partIndex } of texts) {
    const ruler = new Ruler(text);
    for (const citation of citations) {
      if (citation.kind !== 'url') continue;
      const { url, title, start, end } = citation;
      const key = JSON.stringify([url, title]);
      let index = known.get(key);
      if (index === undefined) {
        index = groundingChunks.push({ web: title === undefined ? { uri: url } : { uri: url, title } }) - 1;
        known.set(key, index);
      }
      const segment = wireSegment(ruler, start ?? 0, end, partIndex);
      groundingSupports.push({ segment, groundingChunkIndices: [index] });
    }
  }
  if (groundingChunks.length > 0) return { ...asked, groundingChunks, groundingSupports };
  return webSearchQueries.length === 0 ? undefined : asked;
}

function wireSegment(ruler: Ruler, start: number, end: number | undefined, partIndex: number): JsonObject {
  const { text, startByte } = ruler.piece(start, end);
  return { partIndex, startIndex: startByte, endIndex: startByte + Buffer.byteLength(text), text };
}
