// Loads the configuration for a command, or ends the command with every problem of it.

import type { Config, Problem } from '../config/config.ts';
import { formatProblem } from '../config/problem.ts';
import { Failure } from './failure.ts';
import type { CommandPorts, ConfigFlags } from './ports.ts';

/** The configuration; throws a Failure that lists all problems. */
export function requireConfig(ports: CommandPorts, flags: ConfigFlags): Config {
  const result = ports.loadConfig(flags);
  if (result.ok) return result.config;
  throw new Failure(describeProblems(result.problems), 1, 'invalid_config');
}

/** One line for each problem, and how many there are. */
export function describeProblems(problems: Problem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [...problems.map(formatProblem), `${count} in the configuration.`].join('\n');
}
