// Requests whose code Anthropic runs for nothing.

import { asArray, asObject, asString, type JsonObject } from '../../lib/json.ts';

/** It asks nothing for containers beside these tools ("Code execution tool", usage and pricing). */
export function freesContainers({ tools }: JsonObject): boolean {
  return asArray(tools).some((tool) => {
    const [, date = ''] = /^web_(?:search|fetch)_(\d{8})$/.exec(asString(asObject(tool).type) ?? '') ?? [];
    return date >= '20260209';
  });
}
