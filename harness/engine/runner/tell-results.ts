import { afterEach } from 'vitest';
import { emit } from './emit.ts';

/** Tells of each check as it ends, so that a run that is cut short loses nothing. */
afterEach(({ task: { meta } }) => {
  if (meta.result !== undefined) emit({ kind: 'decided', result: meta.result });
});
