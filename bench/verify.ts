/**
 * How long the suites of an issue take on a lab that stands, how much memory their runner needs, and whether the verdicts are
 * the same each time:
 * node bench/verify.ts [--runs 3] [--disruptive]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx';
import { runRecord } from '../harness/engine/run-record.ts';
import { didNotHold } from '../harness/engine/verdict.ts';
import { benchName, conform, interruption, requireWarmCache } from './conform.ts';
import { type Measurements, add, table } from './median.ts';
import { options } from './options.ts';

const { runs, disruptive } = options('verify', { runs: 3, disruptive: false });
const suites = ['network', 'isolation', 'admin-access'];
const sampleEveryMs = 500;
const name = benchName();
const seconds: Measurements = new Map();
const memory: Measurements = new Map();
const matrices: Measurements = new Map();
let firstVerdicts: ReadonlyMap<string, string> | undefined;

await requireWarmCache();
interruption();
const report = await mkdtemp(join(tmpdir(), 'conform-bench-'));
try {
  await conform(['up', '--name', name]);
  for (let run = 1; run <= runs; run += 1) await measure();
} finally {
  await rm(report, { recursive: true, force: true });
  await conform(['down', '--name', name]);
}
process.stdout.write(
  `${suites.join(', ')}${disruptive ? ', disruptive checks included' : ''}\n${table(seconds, 'seconds')}\n${table(memory, 'MiB, resident')}\n${table(matrices, 'seconds, connection matrix')}`,
);

async function measure(): Promise<void> {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, residentMiB())), sampleEveryMs);
  try {
    const { seconds: took, phases } = await conform(
      ['verify', '--name', name, '--suite', ...suites, '--report', report, ...(disruptive ? ['--disruptive'] : [])],
      [0, 1],
    );
    add(seconds, 'verify, total', took);
    for (const [title, value] of phases) add(seconds, `  ${title.replace(/^\d+ /, '')}`, value);
  } finally {
    clearInterval(timer);
  }
  add(memory, 'command and runner together, most', most);
  const { results, matrices: measured } = runRecord.parse(JSON.parse(await readFile(join(report, 'record.json'), 'utf8')));
  const counts = Map.groupBy(results, ({ verdict }) => verdict.kind);
  process.stderr.write(`  ${[...counts].map(([kind, { length }]) => `${length} ${kind}`).join(', ')}\n`);
  for (const { state, durationMs } of measured) add(matrices, state, durationMs / 1000);
  const verdicts = new Map(results.map(({ requirement, verdict }) => [requirement.id, verdict.kind]));
  for (const {
    requirement: { id },
    verdict,
  } of results)
    if (didNotHold(verdict)) process.stderr.write(`  ${id}: ${verdict.kind}\n`);
  firstVerdicts ??= verdicts;
  for (const [id, verdict] of verdicts)
    if (firstVerdicts.get(id) !== verdict) process.stderr.write(`  ${id}: ${verdict}, in the first run ${firstVerdicts.get(id)}\n`);
}

/** Node processes below this one, without this one: the command and the process of the checks. */
function residentMiB(): number {
  const rows = $.sync`ps -eo pid=,ppid=,rss=,comm=`.stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const own = new Set([String(process.pid)]);
  // Parents have been started before their children, but process IDs wrap around: repeated until nothing is added.
  for (let size = 0; size !== own.size;) {
    size = own.size;
    for (const [pid = '', parent = ''] of rows) if (own.has(parent)) own.add(pid);
  }
  return rows
    .filter(([pid = '', , , command = '']) => own.has(pid) && pid !== String(process.pid) && /^(node|MainThread)/.test(command))
    .reduce((sum, [, , rss]) => sum + Number(rss) / 1024, 0);
}
