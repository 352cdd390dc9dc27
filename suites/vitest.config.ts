import { defineConfig } from 'vitest/config';

/** The conformance checks; started by `conform verify` at the admin workstation, never by hand. */
export default defineConfig({
  test: {
    name: 'conformance',
    root: import.meta.dirname,
    include: ['checks.ts'],
    reporters: [`${import.meta.dirname}/../harness/engine/runner/reporter.ts`],
    setupFiles: [`${import.meta.dirname}/../harness/engine/runner/tell-results.ts`],
    // A thread has the file descriptors of its process, by which it tells its events; one thread, so that their lines do not mix.
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
    // All begin at once and wait for their turn in harness/engine/schedule.ts.
    maxConcurrency: 10_000,
    testTimeout: 0,
    hookTimeout: 0,
    teardownTimeout: 300_000,
    // A requirement that was selected out is not run.
    passWithNoTests: true,
    cache: false,
  },
});
