// Pages of a list, as a command shows them: one for people, for programs everything.

import { asArray, asObject, compact, type JsonObject } from '../lib/json.ts';
import { askServer } from './local-socket.ts';

export const PAGE_FOR_PEOPLE = '100';
const PAGE_FOR_PROGRAMS = '1000';

export type Page = { data: JsonObject[]; hasMore: boolean };
export type PageWords = { limit?: string | undefined; after?: string | undefined };

/** A page of one of the running server's lists. Throws the server's own Fault again. */
export async function askPage(socket: string, path: string, words: PageWords): Promise<Page> {
  const query = new URLSearchParams(compact(words) as Record<string, string>);
  const { data, has_more: hasMore } = await askServer(socket, 'GET', `${path}?${query}`);
  return { data: asArray(data).map(asObject), hasMore: hasMore === true };
}

/** With `all`, page after page until the end, unless the words name a page themselves. */
export async function pagesOf<Words extends PageWords>(
  list: (words: Words) => Promise<Page>,
  words: Words,
  { all, idOf }: { all: boolean; idOf: (item: JsonObject) => string },
): Promise<Page> {
  const whole = all && words.limit === undefined;
  const query = { ...words, limit: words.limit ?? (whole ? PAGE_FOR_PROGRAMS : PAGE_FOR_PEOPLE) };
  const data: JsonObject[] = [];
  for (;;) {
    const page = await list(compact(query) as Words);
    data.push(...page.data);
    const last = page.data.at(-1);
    if (!whole || !page.hasMore || last === undefined) return { data, hasMore: page.hasMore };
    query.after = idOf(last);
  }
}
