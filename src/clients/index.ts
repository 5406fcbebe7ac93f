// Every client that Osiris knows how to set up, in the order in which they are listed.

import { AIDER, HERMES } from './agents.ts';
import { CLAUDE_CODE } from './claude-code.ts';
import type { Client } from './client.ts';
import { CODEX } from './codex.ts';
import { CLINE, CONTINUE, CURSOR, ZED } from './editors.ts';
import { OPEN_WEBUI } from './open-webui.ts';
import { AGENTS_SDK, OPENAI_SDK } from './openai-libraries.ts';
import { OPENCLAW } from './openclaw.ts';
import { KILO, OPENCODE } from './opencode.ts';
import { AI_SDK, ANTHROPIC_SDK, LANGCHAIN } from './other-libraries.ts';

export const CLIENTS: readonly Client[] = [
  CLAUDE_CODE,
  CODEX,
  OPENCODE,
  OPENCLAW,
  KILO,
  HERMES,
  AIDER,
  CLINE,
  CURSOR,
  ZED,
  CONTINUE,
  OPEN_WEBUI,
  OPENAI_SDK,
  ANTHROPIC_SDK,
  AGENTS_SDK,
  LANGCHAIN,
  AI_SDK,
];

/** By id, however it is capitalised. */
export function findClient(id: string): Client | undefined {
  return CLIENTS.find((client) => client.id === id.toLowerCase());
}
