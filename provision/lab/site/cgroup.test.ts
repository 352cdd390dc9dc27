import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGroup, hierarchiesForSite, missingControllers, parseHierarchies, rootIsOccupied } from './cgroup.ts';

/** Lines as /proc/self/mountinfo has them; `target` with its filesystem behind. */
const mount = (target: string, filesystem: string): string =>
  `31 23 0:28 / ${target} rw,nosuid,nodev,noexec,relatime shared:9 - ${filesystem}`;
const others = [
  '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
  mount('/proc', 'proc proc rw'),
  mount('/sys/fs/cgroup', 'tmpfs tmpfs ro,mode=755'),
];
const unified = mount('/sys/fs/cgroup/unified', 'cgroup2 cgroup2 rw,nsdelegate');
const text = (...lines: string[]): string => `${[...others, ...lines].join('\n')}\n`;

const separate = text(
  mount('/sys/fs/cgroup/cpu', 'cgroup cgroup rw,cpu'),
  mount('/sys/fs/cgroup/cpuacct', 'cgroup cgroup rw,cpuacct'),
  mount('/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory'),
);
const together = text(
  mount('/sys/fs/cgroup/cpu,cpuacct', 'cgroup cgroup rw,cpu,cpuacct'),
  mount('/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory'),
);
const systemd = mount('/sys/fs/cgroup/systemd', 'cgroup cgroup rw,xattr,release_agent=/lib/systemd/systemd-cgroups-agent,name=systemd');

const version1 = (...names: [folder: string, options: string][]) => ({
  version: 1,
  mounts: names.map(([folder, options]) => ({ root: `/sys/fs/cgroup/${folder}`, folder, options })),
});

describe('the hierarchies of a machine', () => {
  it.each([
    {
      what: 'version 1 with cpu and cpuacct apart',
      mountinfo: separate,
      hierarchies: version1(['cpu', 'cpu'], ['cpuacct', 'cpuacct'], ['memory', 'memory']),
    },
    {
      what: 'version 1 with cpu and cpuacct together',
      mountinfo: together,
      hierarchies: version1(['cpu,cpuacct', 'cpu,cpuacct'], ['memory', 'memory']),
    },
    {
      what: 'version 1 with the controllers in another order than the folder says',
      mountinfo: text(
        mount('/sys/fs/cgroup/cpu,cpuacct', 'cgroup cgroup rw,cpuacct,cpu'),
        mount('/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory'),
      ),
      hierarchies: version1(['cpu,cpuacct', 'cpuacct,cpu'], ['memory', 'memory']),
    },
    {
      what: "systemd's own, which has a name and no controller",
      mountinfo: text(mount('/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory'), systemd),
      hierarchies: version1(['memory', 'memory'], ['systemd', 'none,name=systemd']),
    },
    {
      what: 'a hybrid machine, where version 1 has the controllers',
      mountinfo: text(unified, mount('/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory')),
      hierarchies: version1(['memory', 'memory']),
    },
    {
      what: 'a hybrid machine, where version 1 has a name only',
      mountinfo: text(systemd, unified),
      hierarchies: { version: 2, root: '/sys/fs/cgroup/unified' },
    },
    {
      what: 'version 2',
      mountinfo: text(mount('/sys/fs/cgroup', 'cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot')),
      hierarchies: { version: 2, root: '/sys/fs/cgroup' },
    },
    {
      what: 'version 2 behind a mount without optional fields',
      mountinfo: '31 23 0:28 / /sys/fs/cgroup rw - cgroup2 none rw',
      hierarchies: { version: 2, root: '/sys/fs/cgroup' },
    },
    { what: 'a machine without control groups', mountinfo: text(), hierarchies: undefined },
    { what: 'an empty file', mountinfo: '', hierarchies: undefined },
    { what: 'a path that only speaks of cgroup2', mountinfo: mount('/mnt/cgroup2', 'ext4 /dev/sdb rw'), hierarchies: undefined },
  ])('are read: $what', ({ mountinfo, hierarchies }) => {
    expect(parseHierarchies(mountinfo)).toEqual(hierarchies);
  });
});

describe('the value for the site', () => {
  it('is 2 for version 2', () => {
    expect(hierarchiesForSite({ version: 2, root: '/sys/fs/cgroup' })).toBe('2');
  });

  it('is a line with folder and options for each hierarchy of version 1', () => {
    const hierarchies = parseHierarchies(
      text(
        mount('/sys/fs/cgroup/cpu,cpuacct', 'cgroup cgroup rw,cpu,cpuacct'),
        mount('/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory'),
        systemd,
      ),
    );
    expect(hierarchies && hierarchiesForSite(hierarchies)).toBe('cpu,cpuacct\tcpu,cpuacct\nmemory\tmemory\nsystemd\tnone,name=systemd');
  });
});

describe('the missing controllers of version 1', () => {
  const all = ['cpuset', 'cpu,cpuacct', 'memory', 'devices', 'freezer', 'blkio', 'pids'];
  const machine = (folders: string[]) =>
    parseHierarchies(text(...folders.map((folder) => mount(`/sys/fs/cgroup/${folder}`, `cgroup cgroup rw,${folder}`))));

  it.each([
    { mounted: all, missing: [] },
    { mounted: all.filter((each) => each !== 'pids'), missing: ['pids'] },
    { mounted: ['memory'], missing: ['cpuset', 'cpu', 'cpuacct', 'devices', 'freezer', 'blkio', 'pids'] },
  ])('are $missing where $mounted are mounted', async ({ mounted, missing }) => {
    const hierarchies = machine(mounted);
    expect(hierarchies && (await missingControllers(hierarchies))).toEqual(missing);
  });
});

describe('the missing controllers of version 2', () => {
  it.each([
    { available: 'cpuset cpu io memory hugetlb pids rdma misc', missing: [] },
    { available: 'cpuset cpu io pids', missing: ['memory'] },
    { available: '', missing: ['cpuset', 'cpu', 'io', 'memory', 'pids'] },
  ])('are $missing where $available are there', async ({ available, missing }) => {
    const root = await mkdtemp(join(tmpdir(), 'conform-cgroup-'));
    onTestFinished(() => rm(root, { recursive: true }));
    await writeFile(join(root, 'cgroup.controllers'), `${available}\n`);
    expect(await missingControllers({ version: 2, root })).toEqual(missing);
  });
});

describe('the group of a lab on version 2', () => {
  async function rootWith(files: Record<string, string>): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), 'conform-cgroup-'));
    onTestFinished(() => rm(root, { recursive: true }));
    await Promise.all(Object.entries(files).map(([name, text_]) => writeFile(join(root, name), text_)));
    return root;
  }

  it('tells which controllers the root did not hand down before', async () => {
    const root = await rootWith({
      'cgroup.controllers': 'cpuset cpu io memory hugetlb pids\n',
      'cgroup.subtree_control': 'memory pids\n',
    });
    const { leaf } = await createGroup({ version: 2, root }, 'conform-a');
    expect(leaf).toMatchObject({ controllers: '+cpuset +cpu +io +memory +pids', added: ['cpuset', 'cpu', 'io'] });
    expect(await readFile(join(root, 'cgroup.subtree_control'), 'utf8')).toBe('+cpuset +cpu +io +memory +pids');
  });

  it.each([
    { what: "the machine's own root", files: { 'cgroup.procs': '1\n' }, occupied: false },
    { what: "a container's root with its processes", files: { 'cgroup.type': 'domain\n', 'cgroup.procs': '1\n' }, occupied: true },
    {
      what: "a container's root whose processes are in a leaf",
      files: { 'cgroup.type': 'domain\n', 'cgroup.procs': '\n' },
      occupied: false,
    },
  ])('is told apart: $what', async ({ files, occupied }) => {
    expect(await rootIsOccupied(await rootWith(files as Record<string, string>))).toBe(occupied);
  });
});
