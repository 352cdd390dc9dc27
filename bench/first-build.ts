/**
 * How long everything takes that a first start builds, in an empty cache: node bench/first-build.ts [--cold-modules]
 * Go's build cache is empty too; its module cache is the machine's own, unless --cold-modules. Needs about 16 GiB of disk.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx';
import { upstreams } from '../provision/lab/components/catalogue.ts';
import { findGo } from '../provision/lab/components/go.ts';
import { ensureParts } from '../provision/lab/parts.ts';
import type { Phase } from '../provision/provider.ts';
import { interruption } from './conform.ts';
import { type Measurements, add, table } from './median.ts';
import { options } from './options.ts';

const { 'cold-modules': coldModules } = options('first-build', { 'cold-modules': false });
const folder = await mkdtemp(join(tmpdir(), 'conform-bench-'));
const components = join(folder, 'cache/components');
process.env['CONFORM_CACHE'] = join(folder, 'cache');
process.env['GOCACHE'] = join(folder, 'go-build');
if (coldModules) process.env['GOMODCACHE'] = join(folder, 'go-modules');

const signal = interruption();
const seconds: Measurements = new Map();
const startedAt = performance.now();

/** Measures each phase, and meanwhile when each upstream's folder appears: it does so complete or not at all. */
const phase: Phase = async (title, run) => {
  const began = performance.now();
  process.stderr.write(`${title} ...\n`);
  let shownAt = 0;
  const say = (detail: string): void => {
    if (performance.now() - shownAt < 15_000) return;
    shownAt = performance.now();
    process.stderr.write(`  ${detail}\n`);
  };
  const watch = setInterval(() => void recordUpstreams(began), 500);
  const value = await run({ signal, say }).finally(() => clearInterval(watch));
  await recordUpstreams(began);
  add(seconds, title, (performance.now() - began) / 1000);
  return value;
};

try {
  await mkdir(components, { recursive: true });
  await ensureParts(phase, []);
  add(seconds, 'total', (performance.now() - startedAt) / 1000);
  process.stdout.write(
    `First build, ${coldModules ? 'empty' : "the machine's own"} module cache; upstreams are built two at a time\n${table(seconds, 'seconds')}`,
  );
} catch (error) {
  process.stderr.write(`not measured: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = signal.aborted ? 130 : 4;
} finally {
  await removeFolder();
}

async function recordUpstreams(began: number): Promise<void> {
  const built = await readdir(components).catch(() => []);
  for (const { name } of upstreams) {
    const title = `  ${name} ready after`;
    if (!seconds.has(title) && built.some((entry) => entry.startsWith(`${name}-`) && /^-[0-9a-f]{16}$/.test(entry.slice(name.length))))
      add(seconds, title, (performance.now() - began) / 1000);
  }
}

/** Go writes modules without write permission; it removes them itself. */
async function removeFolder(): Promise<void> {
  const go = await findGo();
  if (coldModules && go.kind === 'usable') await $`${go.path} clean -modcache`;
  await rm(folder, { recursive: true, force: true });
}
