/**
 * What probing denials in one command a place gains over one command after another, in the same lab and process:
 * node bench/denials.ts [--runs 3]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx';
import { lab, notRunning } from '../provision/lab/lab.ts';
import { benchName, conform, interruption, requireWarmCache } from './conform.ts';
import { options } from './options.ts';

const { runs } = options('denials', { runs: 3 });
const name = benchName();
await requireWarmCache();
interruption();
const folder = await mkdtemp(join(tmpdir(), 'conform-bench-'));
try {
  await conform(['up', '--name', name]);
  const state = await lab.state(name);
  if (state.kind !== 'running') throw notRunning(name);
  const descriptor = join(folder, 'cluster.json');
  await writeFile(descriptor, JSON.stringify(state.cluster), { mode: 0o600 });
  // Where the checks run: the admin workstation alone reaches the API.
  const runner = [...state.cluster.runner, process.execPath];
  const script = join(import.meta.dirname, 'denials-at-admin.ts');
  const ended = await $({
    nothrow: true,
    detached: false,
    stdio: ['ignore', 'inherit', 'inherit'],
  })`${runner} ${script} ${descriptor} ${folder} ${runs}`;
  process.exitCode = ended.exitCode ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
  await conform(['down', '--name', name]);
}
