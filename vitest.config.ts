import { defineConfig } from 'vitest/config';

/** The product's own tests, beside the code; the conformance checks have a configuration of their own. */
export default defineConfig({
  test: {
    name: 'unit',
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // A property is tried a hundred times, on a busy machine for seconds.
    testTimeout: 30_000,
  },
});
