import { join } from 'node:path';
import AllureReporter from 'allure-vitest/reporter';
import { defineConfig } from 'vitest/config';

/** Where `conform test` wants the results, as JSON and for Allure; whoever runs a few tests by hand wants none. */
const results = process.env['CONFORM_UNIT_RESULTS'];

/** The product's own tests, beside the code; the conformance checks have a configuration of their own. */
export default defineConfig({
  test: {
    name: 'unit',
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // A property is tried a hundred times, on a busy machine for seconds.
    testTimeout: 30_000,
    reporters:
      results === undefined
        ? ['default']
        : [
            'dot',
            ['json', { outputFile: join(results, 'result.json') }],
            // A step for each expectation would be thousands of steps in a property test.
            new AllureReporter({ resultsDir: join(results, 'allure'), reportMatchers: false }),
          ],
  },
});
