import { defineConfig } from 'vitest/config';

/** The conformance checks; started by `conform verify` at the admin workstation, never by hand. */
export default defineConfig({
  test: {
    name: 'conformance',
    root: import.meta.dirname,
    include: ['**/*.check.ts'],
    reporters: [`${import.meta.dirname}/../harness/runner/reporter.ts`],
    // Checks wait for the network nearly all the time: a few threads without isolation share what they load.
    pool: 'threads',
    isolate: false,
    maxWorkers: 3,
    sequence: { concurrent: true },
    // A requirement that was selected out is not run, and a file may then hold none.
    passWithNoTests: true,
    cache: false,
  },
});
