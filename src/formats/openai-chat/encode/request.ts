// Writes a canonical request as a Chat Completions body.

import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { Converted, Target } from '../../codec.ts';
import { encodeControls } from './controls.ts';
import { encodeMessages } from './messages.ts';
import { dropRefused } from './refused-members.ts';
import { encodeTools } from './tools.ts';

/**
 * The body for the target's deployment. Members come in a fixed order, so that equal requests give equal bytes and
 * the provider's prompt cache can hit. Throws Fault `unsupported_parameter` naming the member as the client wrote it.
 */
export function encodeRequest(request: CanonicalRequest, target: Target): Converted<JsonObject> {
  const losses: Loss[] = [];
  const messages = encodeMessages(request.messages, target, losses);
  const value: JsonObject = {
    model: target.model,
    messages,
    ...encodeTools(request, target, losses),
    ...encodeControls(request, target, losses),
  };
  dropRefused(value, request, target, losses);
  return { value, losses };
}
