// The coding agents of the client runs.

import type { Agent } from './agent.ts';
import { CLAUDE_CODE } from './claude-code.ts';
import { CODEX } from './codex.ts';
import { OPENCLAW } from './openclaw.ts';
import { KILO, OPENCODE } from './opencode.ts';

export const AGENTS: readonly Agent[] = [CLAUDE_CODE, CODEX, OPENCODE, KILO, OPENCLAW];
