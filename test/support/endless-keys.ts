// Makes keys until it is killed, writing the id of each once it is stored.

import { writeSync } from 'node:fs';
import { openDirectory } from '../../src/store/sqlite/directory.ts';
import { PLAIN_KEY, secretOf } from './store-fixtures.ts';

const directory = openDirectory(process.argv[2] ?? '', 'create');
for (let count = 0; count < 100_000; count++) {
  const { id } = directory.create(PLAIN_KEY, secretOf(`secret ${count}`));
  writeSync(1, `${id}\n`);
}
