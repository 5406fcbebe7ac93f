// Citations of pages, whose members both OpenAI formats name alike.

import type { Citation } from '../canonical/part.ts';
import { asNumber, asString, type JsonObject } from '../lib/json.ts';

/** The members of an `url_citation`; undefined when it names no address. */
export function readUrlCitation(cited: JsonObject): Citation | undefined {
  const url = asString(cited.url);
  if (url === undefined) return undefined;
  const title = asString(cited.title);
  // only vendors tell what the page says
  const quote = asString(cited.content);
  const start = asNumber(cited.start_index);
  const end = asNumber(cited.end_index);
  return {
    kind: 'url',
    url,
    ...(title === undefined ? {} : { title }),
    ...(quote === undefined ? {} : { quote }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
}
