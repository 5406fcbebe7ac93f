// Says no to a tool that runs at a provider this request does not go to.

import { Fault } from './fault.ts';
import type { OpaqueTool } from './request.ts';

const NAME_CHARS_MAX = 64;

/** The 400 names the tool's type and where it stands. */
export function hostedToolFault({ type, at = 'tools' }: OpaqueTool): Fault {
  const name = type.slice(0, NAME_CHARS_MAX).replace(/[^\w.:-]/g, '_');
  const message = `\`${at}\`: the tool \`${name}\` runs at another provider and does not exist for this model; leave it out or choose a model that has it.`;
  return new Fault('unsupported_parameter', message, { param: at });
}
