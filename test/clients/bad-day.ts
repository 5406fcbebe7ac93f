// A bad day: one prompt, and a provider that fails in one way; how the agent ends and what it cost is judged.

import type { WireFormat } from '../support/script.ts';
import type { Agent, AgentAnswer, Bounds } from './agent.ts';
import { type BadDay, SAID } from './bad-days.ts';
import type { Row } from './row.ts';
import { isAside, type LedgerRow, type LoggedCall, onStage, PROVIDER_KEY } from './stage.ts';

const PROMPT = 'Tell me in one sentence about the Aare';
const CREDIT = 100;
const PRICE = { input: 5, output: 25 };
const SHOWN_CHARS_MAX = 700;

/** Plays it over one upstream format. */
export function badDay(agent: Agent, program: string[], format: WireFormat, day: BadDay): Promise<Row> {
  const options = { server: day.server ?? {}, price: PRICE, credit: day.credit ?? CREDIT };
  return onStage(agent, format, { ...options, aside: () => day.turn }, async (stage) => {
    const { directory, upstream, gateway, target } = stage;
    const answer = await agent.run(program, directory, target, PROMPT);
    const isGood = day.endsWell?.includes(format) ?? false;
    const recovered = !isGood && day.mayRecover === true && answer.complaint === '' && answer.answer !== '';
    const endsWell = isGood || recovered;
    const [calls, rows] = [await stage.calls(), await stage.rows()];
    const answered = stage.answered();
    const shown = answer.complaint || answer.answer;
    const faults = [
      ...faultsOfWords(agent, answer, day, endsWell),
      ...faultsOfBounds(answer, calls, boundsOf(agent, day)),
      ...faultsOfLedger(rows, answered.length, { endsWell, recovered }),
      ...faultsOfCalls(calls, answered.length, day),
      ...upstream.breaches().map((breach) => `the provider refused: ${breach}`),
    ];
    if (faults.length > 0) {
      const end = (text: string) => text.slice(-600);
      faults.push(`exit ${answer.run.code} stdout: ${end(answer.run.stdout)}`);
      faults.push(`stderr: ${end(answer.run.stderr)}`, `calls: ${calls.map(shortly).join(' | ')}`);
      faults.push(`gateway: ${end(gateway.logs()).slice(-300)}`);
    }
    const titles = answered.filter(({ body }) => isAside(body)).length;
    return {
      client: agent.name,
      upstream: format,
      day: day.name,
      seconds: answer.run.durationMs / 1_000,
      requests: calls.length,
      titles,
      shown,
      faults,
    };
  });
}

function shortly({ path, stream, status, code, attempts, rule }: LoggedCall): string {
  return [path, stream ? 'stream' : 'whole', status, code, attempts, rule].join(' ');
}

function faultsOfWords(
  agent: Agent,
  { run, answer, complaint }: AgentAnswer,
  day: BadDay,
  endsWell: boolean,
): string[] {
  if (endsWell) {
    if (run.code === 0 && answer.includes(SAID)) return [];
    return [`exit code ${run.code}, answered ${JSON.stringify(answer)}`];
  }
  const faults: string[] = [];
  if (complaint === '') faults.push(`it showed no error but ${JSON.stringify(answer)}`);
  else if (!day.says.test(complaint) && !agent.ownWords?.test(complaint))
    faults.push(`it does not say what happened: ${complaint}`);
  if (/<html|nginx|\bundefined\b|\[object/.test(complaint)) faults.push(`no words for people: ${complaint}`);
  if (complaint.length > SHOWN_CHARS_MAX) faults.push(`${complaint.length} characters are too many to read`);
  if (complaint.includes(PROVIDER_KEY) || /sk-osiris-\w{8}/.test(complaint)) faults.push('it shows a secret');
  return faults;
}

function boundsOf({ patience, patienceUnfinished }: Agent, { isUnfinished }: BadDay): Bounds {
  return isUnfinished ? (patienceUnfinished ?? patience) : patience;
}

function faultsOfBounds({ run }: AgentAnswer, calls: LoggedCall[], bounds: Bounds): string[] {
  const faults: string[] = [];
  const seconds = run.durationMs / 1_000;
  if (run.isKilled) faults.push('it had to be killed');
  if (seconds > bounds.seconds) faults.push(`${seconds.toFixed(0)} s are too long`);
  if (calls.length > bounds.requests) faults.push(`${calls.length} requests are too many`);
  return faults;
}

function faultsOfLedger(
  rows: LedgerRow[],
  answers: number,
  { endsWell, recovered }: { endsWell: boolean; recovered: boolean },
): string[] {
  const faults: string[] = [];
  if (rows.length !== answers) faults.push(`${rows.length} rows in the ledger for ${answers} answers`);
  for (const { kind, rule, change_usd } of rows) {
    const isPaid = rule === 'finished' && change_usd < 0;
    const isFree = rule !== 'finished' && change_usd === 0;
    if (!(isPaid && endsWell) && !(isFree && (recovered || !endsWell)))
      faults.push(`a row is ${kind} ${rule} of ${change_usd} USD`);
  }
  if (recovered && rows.filter(({ rule }) => rule === 'finished').length !== 1)
    faults.push('the answer was not paid once');
  return faults;
}

function faultsOfCalls(calls: LoggedCall[], answers: number, day: BadDay): string[] {
  const faults: string[] = [];
  const asked = calls.reduce((sum, { attempts }) => sum + attempts, 0);
  if (asked !== answers) faults.push(`the journal knows ${asked} attempts, the provider ${answers}`);
  if (day.isRefused && (answers > 0 || calls.some(({ status }) => status !== 402)))
    faults.push(`the provider was asked ${answers} times`);
  if (!day.isRefused && answers === 0) faults.push('the provider was never asked');
  return faults;
}
