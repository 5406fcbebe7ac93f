// The grammar of Messages streams: `message_start block* message_delta message_stop`, pings anywhere, or an error.

import { asObject, isObject, type JsonObject } from '../../src/lib/json.ts';
import { demand, demandError, type Ending, type Grammar, type Wire } from './grammar-rule.ts';

/** Which deltas a block may have; blocks not named here come whole in their start. */
const DELTAS: Record<string, string[]> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  mcp_tool_use: ['input_json_delta'],
};

class MessagesGrammar implements Grammar {
  #stage: 'nothing' | 'blocks' | 'delta' | 'stopped' | 'failed' = 'nothing';
  #open: { type: string; sealed: boolean } | undefined;
  #next = 0;
  #uses = 0;
  #reason: unknown;

  read({ event, value }: Wire): void {
    demand(value !== undefined, 'no [DONE] here');
    demand(this.#stage !== 'stopped' && this.#stage !== 'failed', 'something after the end');
    demand(event !== undefined && event === value.type, 'the event line names the type');
    switch (event) {
      case 'ping':
        return;
      case 'error':
        demandError(value);
        this.#stage = 'failed';
        return;
      case 'message_start':
        demand(this.#stage === 'nothing', 'one message_start, first');
        this.#start(asObject(value.message));
        return;
      case 'content_block_start':
        demand(this.#stage === 'blocks' && !this.#open, 'one block at a time');
        demand(value.index === this.#next, 'blocks are counted from 0 without gaps');
        this.#openBlock(asObject(value.content_block));
        return;
      case 'content_block_delta':
        demand(this.#open !== undefined && value.index === this.#next, 'a delta belongs to the open block');
        this.#feed(this.#open, asObject(value.delta));
        return;
      case 'content_block_stop':
        demand(this.#open !== undefined && value.index === this.#next, 'a stop belongs to the open block');
        this.#open = undefined;
        this.#next++;
        return;
      case 'message_delta':
        demand(this.#stage === 'blocks' && !this.#open, 'message_delta once, behind all blocks');
        this.#stage = 'delta';
        this.#reason = asObject(value.delta).stop_reason;
        demand(typeof this.#reason === 'string', 'a reason to stop');
        demand(typeof asObject(value.usage).output_tokens === 'number', 'message_delta has usage');
        return;
      case 'message_stop':
        demand(this.#stage === 'delta', 'message_stop follows message_delta');
        this.#stage = 'stopped';
        return;
      default:
        demand(false, `an unknown event ${event}`);
    }
  }

  #start(message: JsonObject): void {
    this.#stage = 'blocks';
    demand(typeof message.id === 'string' && message.id !== '', 'a message has an id');
    demand(message.type === 'message' && message.role === 'assistant', 'a message of the assistant');
    demand(Array.isArray(message.content) && message.content.length === 0, 'content begins empty');
    demand(message.stop_reason === null, 'no reason to stop yet');
    const usage = asObject(message.usage);
    demand(
      typeof usage.input_tokens === 'number' && typeof usage.output_tokens === 'number',
      'a message has usage',
    );
  }

  #openBlock(block: JsonObject): void {
    demand(typeof block.type === 'string', 'a block has a type');
    const type = String(block.type);
    this.#open = { type, sealed: false };
    if (type === 'text') demand(block.text === '', 'a text begins empty');
    if (type === 'thinking') demand(block.thinking === '', 'thinking begins empty');
    if (type === 'redacted_thinking')
      demand(typeof block.data === 'string' && block.data !== '', 'redacted thinking has its data');
    if (type !== 'tool_use') return;
    this.#uses++;
    demand(
      typeof block.id === 'string' && /^[a-zA-Z0-9_-]{1,64}$/.test(block.id),
      'a call has an id Anthropic takes back',
    );
    demand(typeof block.name === 'string', 'a call has a name');
    demand(isObject(block.input) && Object.keys(block.input).length === 0, 'input begins empty');
  }

  #feed(open: { type: string; sealed: boolean }, delta: JsonObject): void {
    const type = String(delta.type);
    demand((DELTAS[open.type] ?? []).includes(type), `${type} in a block of type ${open.type}`);
    demand(!open.sealed, 'nothing follows the signature of a block');
    if (type === 'text_delta') demand(typeof delta.text === 'string', 'a text delta has text');
    if (type === 'thinking_delta') demand(typeof delta.thinking === 'string', 'a thinking delta has text');
    if (type === 'input_json_delta')
      demand(typeof delta.partial_json === 'string', 'an input delta has text');
    if (type === 'citations_delta') demand(isObject(delta.citation), 'a citation delta has a citation');
    if (type === 'signature_delta') {
      demand(typeof delta.signature === 'string', 'a signature is a text');
      open.sealed = true;
    }
  }

  end(): Ending {
    if (this.#stage === 'failed') return 'failed';
    demand(this.#stage === 'stopped', 'the stream is not closed');
    demand(this.#reason !== 'tool_use' || this.#uses > 0, 'tool_use without a call');
    return 'finished';
  }
}

export function messagesGrammar(): Grammar {
  return new MessagesGrammar();
}
