/** How long a lab takes to come up from a full cache, and to go: node bench/warm-up.ts [--runs 3] [--as-written] */
import { benchName, conform, interruption, requireWarmCache } from './conform.ts';
import { type Measurements, add, table } from './median.ts';
import { options } from './options.ts';

const { runs, 'as-written': asWritten } = options('warm-up', { runs: 3, 'as-written': false });
const profile = asWritten ? 'as-written' : 'corrected';
const seconds: Measurements = new Map();

await requireWarmCache();
interruption();
for (let run = 1; run <= runs; run += 1) {
  process.stderr.write(`run ${run} of ${runs}\n`);
  const name = benchName();
  try {
    const up = await conform(['up', '--name', name, '--profile', profile]);
    for (const [title, value] of up.phases) add(seconds, `  ${title}`, value);
    add(seconds, 'up, total', up.seconds);
  } finally {
    add(seconds, 'down, total', (await conform(['down', '--name', name])).seconds);
  }
}
process.stdout.write(`Lab, profile ${profile}, warm cache\n${table(seconds, 'seconds')}`);
