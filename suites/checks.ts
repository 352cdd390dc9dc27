import { globSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { endRun } from '../harness/platform/run.ts';
import { emit } from '../harness/engine/runner/emit.ts';

/**
 * All checks in one module, and so in one process: they share fixtures, the connection matrix and one schedule, which
 * decides what runs beside what.
 */
for (const file of globSync('**/*.check.ts', { cwd: import.meta.dirname }).toSorted()) await import(join(import.meta.dirname, file));

afterAll(async () => {
  for (const text of await endRun()) emit({ kind: 'left-behind', text });
}, 0);
