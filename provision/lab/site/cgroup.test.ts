import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { missingControllers, parseHierarchies } from './cgroup.ts';

const version1 = (...controllers: string[]): string => controllers.map((name, index) => `${index} 1 0:${index} / /sys/fs/cgroup/${name} rw,relatime - cgroup cgroup rw,${name}`).join('\n');
const version2 = '38 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate';

test.each([
  ['version 2', version2, 2],
  ['version 1', version1('cpu,cpuacct', 'memory'), 1],
  ['a hybrid machine, where version 1 has the controllers', `${version2}\n${version1('memory')}`, 1],
  ['a hybrid machine, where version 2 has them', `${version2}\n${version1('name=systemd')}`, 2],
])('%s is recognised', (_, mountinfo, version) => {
  expect(parseHierarchies(mountinfo)?.version).toBe(version);
});

test('without control groups there are no hierarchies', () => {
  expect(parseHierarchies('22 27 0:21 / /proc rw,relatime - proc proc rw')).toBeUndefined();
});

test('a missing controller of version 1 is named', async () => {
  const hierarchies = parseHierarchies(version1('cpu,cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio'));
  if (hierarchies === undefined) throw new Error('not recognised');
  expect(await missingControllers(hierarchies)).toEqual(['pids']);
});

test('a missing controller of version 2 is named', async () => {
  const root = await mkdtemp(join(tmpdir(), 'cgroup-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'cgroup.controllers'), 'cpuset cpu io pids\n');
  expect(await missingControllers({ version: 2, root })).toEqual(['memory']);
});
