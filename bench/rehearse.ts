/** How long a rehearsal takes from a full cache: node bench/rehearse.ts [--runs 3] [--both], the latter for both profiles. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCode } from '../harness/engine/problem.ts';
import { benchName, conform, interruption, requireWarmCache } from './conform.ts';
import { type Measurements, add, table } from './median.ts';
import { options } from './options.ts';

const { runs, both } = options('rehearse', { runs: 3, both: false });
/** On a lab built as the guide is written, promises are broken by its errata. */
const expected = { corrected: exitCode.kept, 'as-written': exitCode.broken } as const;

await requireWarmCache();
interruption();
for (const profile of both ? (['corrected', 'as-written'] as const) : (['corrected'] as const)) {
  process.stdout.write(`Rehearsal, profile ${profile}, warm cache\n${table(await measure(profile), 'seconds')}`);
}

async function measure(profile: keyof typeof expected): Promise<Measurements> {
  const seconds: Measurements = new Map();
  const report = await mkdtemp(join(tmpdir(), 'conform-bench-'));
  try {
    for (let run = 1; run <= runs; run += 1) {
      process.stderr.write(`${profile}: run ${run} of ${runs}\n`);
      const ended = await conform(['rehearse', '--profile', profile, '--name', benchName(), '--report', report], [expected[profile]]);
      for (const [title, value] of ended.phases) add(seconds, `  ${title}`, value);
      add(seconds, 'total', ended.seconds);
    }
  } finally {
    await rm(report, { recursive: true, force: true });
  }
  return seconds;
}
