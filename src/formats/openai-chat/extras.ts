// Members of a Chat request that the gateway itself acts on and no provider sees.

import { Fault } from '../../canonical/fault.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import type { Extras } from '../codec.ts';

/** What `plugins` may name. */
const PLUGINS = ['response-healing'];

export const EXTRA_MEMBERS = ['plugins', 'web_search'];

/** Reads a body that passed `chatSchema`. Throws Fault `invalid_value` for a plugin that does not exist. */
export function readExtras(body: JsonObject): Extras {
  const members = EXTRA_MEMBERS.filter((name) => name in body);
  const plugins = asArray(body.plugins).flatMap((entry, i) => {
    const id = typeof entry === 'string' ? entry : asString(asObject(entry).id);
    if (id === undefined || !PLUGINS.includes(id)) throw unknownPlugin(`plugins[${i}]`);
    return asObject(entry).enabled === false ? [] : [id];
  });
  const type = asObject(body.response_format).type;
  const wantsJson = type === 'json_object' || type === 'json_schema';
  return {
    members,
    webSearch: body.web_search === true,
    searches: body.web_search === true || isObject(body.web_search_options),
    mendsJson: wantsJson && plugins.includes('response-healing'),
  };
}

function unknownPlugin(param: string): Fault {
  const known = PLUGINS.map((id) => `{"id": "${id}"}`).join(', ');
  return new Fault('invalid_value', `\`${param}\` is no plugin of this gateway; there is ${known}.`, {
    param,
  });
}
