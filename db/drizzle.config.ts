// Where drizzle-kit reads the tables and writes the migrations.

import { defineConfig } from 'drizzle-kit';

// drizzle-kit wants one default export in this file, and paths from where it is started: the root of the repository.
export default defineConfig({ dialect: 'sqlite', schema: './db/schema.ts', out: './db/migrations' });
