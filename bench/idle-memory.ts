/** What an idle lab costs: node bench/idle-memory.ts [--samples 5] [--settle 60] [--window 30] [--as-written], times in seconds. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { documentedCluster } from '../guide/cluster.ts';
import { labFolder } from '../provision/lab/lab.ts';
import { machineHierarchies } from '../provision/lab/site/cgroup.ts';
import { groupName } from '../provision/lab/site/site.ts';
import { benchName, conform, interruption, requireWarmCache } from './conform.ts';
import { type Measurements, add, table } from './median.ts';
import { options } from './options.ts';

const {
  samples,
  settle,
  window,
  'as-written': asWritten,
} = options('idle-memory', { samples: 5, settle: 60, window: 30, 'as-written': false });
const profile = asWritten ? 'as-written' : 'corrected';
const name = benchName();
const group = groupName(labFolder(name));
const hierarchies = await machineHierarchies();
if (hierarchies === undefined) throw new Error('this machine has no control groups with a memory controller');

await requireWarmCache();
const signal = interruption();
try {
  await conform(['up', '--name', name, '--profile', profile]);
  process.stderr.write(`waiting ${settle} s for the lab to settle, then ${samples} samples over ${window} s\n`);
  await delay(settle * 1000, undefined, { signal });
  process.stdout.write(await sample());
} finally {
  await conform(['down', '--name', name]);
}

/** Memory at the beginning of each part of the window; processor time over each part. */
async function sample(): Promise<string> {
  const [memory, processor]: [Measurements, Measurements] = [new Map(), new Map()];
  const partSeconds = window / samples;
  for (let index = 0; index < samples; index += 1) {
    const before = await Promise.all(parts().map(({ folders }) => cpuSeconds(folders.cpu)));
    const startedAt = performance.now();
    for (const { title, folders } of parts()) add(memory, title, (await workingSetBytes(folders.memory)) / 2 ** 20);
    await delay(partSeconds * 1000, undefined, { signal });
    const elapsed = (performance.now() - startedAt) / 1000;
    for (const [at, { title, folders }] of parts().entries())
      add(processor, title, (((await cpuSeconds(folders.cpu)) - (before[at] ?? 0)) / elapsed) * 100);
  }
  return `Idle lab, profile ${profile}\n${table(memory, 'MiB, working set')}\n${table(processor, '% of one core')}`;
}

interface Folders {
  readonly memory: string;
  readonly cpu: string;
}

function parts(): { title: string; folders: Folders }[] {
  const nodes = documentedCluster(profile).nodes.map(({ name: node }) => ({
    title: node,
    folders: { memory: folder('memory', node), cpu: folder('cpuacct', node) },
  }));
  return [...nodes, { title: 'lab, total', folders: { memory: folder('memory'), cpu: folder('cpuacct') } }];
}

/** A node's groups are made inside the site: below the lab's group, in version 2 below its group `site` if it is there. */
function folder(controller: string, node = ''): string {
  if (hierarchies?.version === 2)
    return join(hierarchies.root, group, existsSync(join(hierarchies.root, group, 'site', node)) && node !== '' ? 'site' : '', node);
  const mount = hierarchies?.mounts.find(({ options: controllers }) => controllers.split(',').includes(controller));
  if (mount === undefined) throw new Error(`no control group hierarchy with ${controller} is mounted`);
  return join(mount.root, group, node);
}

/** What `kubectl top` calls the working set: usage without the page cache that can be dropped at once. */
async function workingSetBytes(at: string): Promise<number> {
  const [usage, inactive] =
    hierarchies?.version === 2 ? ['memory.current', 'inactive_file'] : ['memory.usage_in_bytes', 'total_inactive_file'];
  return Number(await readFile(join(at, usage), 'utf8')) - (await field(join(at, 'memory.stat'), inactive));
}

async function cpuSeconds(at: string): Promise<number> {
  if (hierarchies?.version === 2) return (await field(join(at, 'cpu.stat'), 'usage_usec')) / 1e6;
  return Number(await readFile(join(at, 'cpuacct.usage'), 'utf8')) / 1e9;
}

async function field(file: string, key: string): Promise<number> {
  const line = (await readFile(file, 'utf8')).split('\n').find((candidate) => candidate.startsWith(`${key} `));
  if (line === undefined) throw new Error(`${file} has no ${key}`);
  return Number(line.split(' ')[1]);
}
