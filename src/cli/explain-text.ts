// An explanation as people read it: what becomes of the request first, then why, in short sections.

import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../lib/json.ts';

export type TextOptions = {
  /** Every upstream request with its headers and body, and no text cut. */
  full: boolean;
};

export function explanationText(explanation: JsonObject, options: TextOptions): string {
  const sections = [
    outcome(explanation),
    section('Model', modelLines(explanation)),
    section('Price', priceLines(explanation)),
    section('Cache', cacheLines(explanation)),
    section('Where it goes', candidateLines(explanation, options)),
    section('This server', serverLines(explanation)),
    section(
      'Worth knowing',
      asArray(explanation.warnings).map((warning) => `- ${warning}`),
    ),
  ];
  return `${sections.filter((each) => each !== '').join('\n')}`;
}

function section(title: string, lines: string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`;
}

function outcome(explanation: JsonObject): string {
  const refusals = asArray(explanation.refusals).map(asObject);
  const first = asArray(explanation.candidates)
    .map(asObject)
    .find(({ asked }) => asked === true);
  const key = asObject(explanation.key);
  const who = explanation.key === null ? '' : ` from key ${key.id} "${key.name}"`;
  if (refusals.length === 0 && asObject(explanation.cache).hit === true)
    return `This request${who} would be answered from the cache.\n`;
  if (refusals.length === 0) return `This request${who} would be sent to ${first?.provider ?? 'nobody'}.\n`;
  const lines = refusals.map(({ status, code, message }) => `  ${status} ${code}: ${message}`);
  return [`This request${who} would be refused:`, ...lines, ''].join('\n');
}

const FOUND: Record<string, string> = {
  id: 'its exact id',
  alias: 'an alias',
  spelling: 'another spelling of its id',
  'provider/model': 'a name that pins the provider',
};

function modelLines(explanation: JsonObject): string[] {
  const format = `${explanation.format}${explanation.format_guessed === true ? ', as it looks (--format says otherwise)' : ''}`;
  if (explanation.model === null) return [`asked in ${format}`];
  const model = asObject(explanation.model);
  const tokens = asObject(explanation.tokens);
  const how = FOUND[asString(model.found_by) ?? ''] ?? '';
  const found = model.asked === model.id ? `${model.id}` : `${model.asked} is ${model.id}, by ${how}`;
  const cap = {
    request: "the request's own cap",
    model: "the model's limit",
    kind: 'there are no words in it',
    default: 'nobody says',
  };
  const from = cap[asString(tokens.output_cap_from) as keyof typeof cap];
  return [
    found,
    `asked in ${format}${explanation.stream === true ? ', streamed' : ''}`,
    `about ${count(tokens.input_estimate)} tokens in, up to ${count(tokens.output_cap)} out (${from})`,
  ];
}

function priceLines({ price: stated }: JsonObject): string[] {
  if (stated === null) return [];
  const price = asObject(stated);
  if (price.free === true) return ['free'];
  const { from_usd, up_to_usd, expected_usd, minimum_usd, put_aside_usd } = price;
  return [
    `$${from_usd} to $${up_to_usd}, usually about $${expected_usd}; at least $${minimum_usd} a call`,
    `$${put_aside_usd} would be put aside while it runs`,
  ];
}

function cacheLines({ cache: stated }: JsonObject): string[] {
  if (stated === null || stated === undefined) return [];
  const { hit, why, keeps, age_s, provider, charge_usd } = asObject(stated);
  if (hit === true)
    return [`an answer by ${provider}, ${count(age_s)} s old, for $${charge_usd}; nobody would be asked`];
  const reason = why === null ? 'no answer to it is kept' : String(why);
  return [keeps === true ? `${reason}; a good answer would be kept` : `not used: ${reason}`];
}

/** Only what is worth a line: most servers have no cap, nothing paused and room. */
function serverLines({ server }: JsonObject): string[] {
  const { paused, queue, daily_cap: cap } = asObject(server ?? {});
  const lines = asArray(paused)
    .map(asObject)
    .map(
      ({ scope, name, since }) =>
        `paused: ${scope === 'server' ? 'all calls' : `${scope} ${name}`}, since ${since}`,
    );
  const { running, max_in_flight: room, waiting } = asObject(queue ?? {});
  if (asNumber(waiting) || asNumber(running) === asNumber(room))
    if (queue) lines.push(`${count(running)} of ${count(room)} calls under way, ${count(waiting)} waiting`);
  if (cap) {
    const { cap_usd, spent_usd, held_usd, resets_at } = asObject(cap);
    lines.push(
      `$${spent_usd} of the $${cap_usd} of all keys a day are spent, $${held_usd} put aside; the next day begins at ${resets_at}`,
    );
  }
  return lines;
}

function candidateLines(explanation: JsonObject, { full }: TextOptions): string[] {
  const candidates = asArray(explanation.candidates).map(asObject);
  const lead = candidates.find(({ asked }) => asked === true) ?? candidates[0];
  const lines = candidates.flatMap((candidate) => [
    `${candidate.position}. ${candidate.provider}, as ${candidate.model}`,
    ...candidateText(candidate, full || candidate === lead, full).map((line) => `   ${line}`),
  ]);
  const absent = asArray(explanation.not_set_up).map((each) => asString(asObject(each).provider));
  if (absent.length > 0) lines.push(`Not set up here: ${[...new Set(absent)].join(', ')}`);
  return lines;
}

function candidateText(candidate: JsonObject, shown: boolean, full: boolean): string[] {
  if (candidate.obstacle !== null) return [`not asked: ${candidate.obstacle}`];
  const lines = asArray(candidate.reasons).map(String);
  if (candidate.price !== null) lines.push(...priceLines(candidate));
  if (candidate.plan !== null && candidate.plan !== undefined) lines.push(String(candidate.why));
  const losses = asArray(candidate.losses).map(asObject);
  if (losses.length > 0) {
    lines.push('not carried as it is:');
    for (const { path, action, reason } of losses) lines.push(`  ${path} (${action}: ${reason})`);
  } else if (candidate.plan !== null) lines.push('nothing is lost on the way');
  if (candidate.fault !== null) {
    const { status, message } = asObject(candidate.fault);
    lines.push(`cannot be asked (${status}): ${message}`);
  }
  const requests = asArray(candidate.requests).map(asObject);
  const [first] = requests;
  if (first)
    lines.push(`${first.method} ${first.url}${requests.length > 1 ? `, ${requests.length} times` : ''}`);
  const further = asNumber(candidate.further_requests) ?? 0;
  if (further > 0)
    lines.push(
      `if its provider stops in the middle of the answer, up to ${further} more requests bring the rest, each with the whole prompt`,
    );
  if (!first || !shown) return lines;
  for (const [name, value] of Object.entries(asObject(first.headers))) lines.push(`  ${name}: ${value}`);
  for (const { body } of full ? requests : [first]) lines.push(...bodyLines(body, full));
  return lines;
}

const TEXT_CHARS_MAX = 160;
const LINES_MAX = 60;

function bodyLines(body: JsonValue | undefined, full: boolean): string[] {
  const cut = (_: string, value: unknown) =>
    typeof value === 'string' && value.length > TEXT_CHARS_MAX && !full
      ? `${value.slice(0, TEXT_CHARS_MAX)}… (${count(value.length)} characters)`
      : value;
  const text = typeof body === 'string' ? body : JSON.stringify(body, cut, 2);
  const lines = text.split('\n').map((line) => `  ${line}`);
  if (full || lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX), `  … ${lines.length - LINES_MAX} more lines; --full shows all`];
}

function count(value: JsonValue | undefined): string {
  return (asNumber(value) ?? 0).toLocaleString('en-US');
}
