// The blocks that a client is shown of what another provider's own tools did.

import type { OpaquePart } from '../../canonical/part.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Dress } from '../codec.ts';
import { CodeBlocks, OWN_ID } from './code-blocks.ts';
import { FORMAT } from './decode/block.ts';
import { RemoteBlocks } from './remote-blocks.ts';
import { SearchBlocks } from './search-blocks.ts';

/** Makes the blocks of one answer. */
export class HostedBlocks {
  readonly #code: CodeBlocks;
  readonly #searches: SearchBlocks;
  readonly #remote: RemoteBlocks;

  constructor({ request, id }: Pick<Dress, 'request' | 'id'>) {
    const prefix = OWN_ID + id.replace(/^msg_/, '').replace(/\W/g, '');
    this.#code = new CodeBlocks(prefix, request.tools);
    this.#searches = new SearchBlocks(prefix, request.tools);
    this.#remote = new RemoteBlocks(prefix.replace('srvtoolu', 'mcptoolu'));
  }

  /** Undefined for what has no blocks here, or is a block already. */
  of({ raw, code, toolSearch, remote }: OpaquePart): JsonObject[] | undefined {
    if (raw.format === FORMAT) return undefined;
    if (toolSearch) return [...this.#remote.rest(), ...this.#searches.of(toolSearch)];
    if (remote) return [...this.#searches.rest(), ...this.#remote.of(remote)];
    return code && this.#code.of(code);
  }

  /** What still belongs to the parts so far, now that something else follows or nothing does. */
  rest(): JsonObject[] {
    return [...this.#searches.rest(), ...this.#remote.rest()];
  }
}
