import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type MachineState, compare, leftSince, machineState, markVariable } from './leftovers.ts';

const empty: MachineState = { processes: [], mounts: [], loops: [], namespaces: [], links: [], groups: [], files: [] };
const shim = { pid: 7, startTicks: '100', command: 'containerd-shim', group: 'conform-1' };

test.each<[string, MachineState, MachineState, string[]]>([
  [
    'nothing when nothing changed',
    { ...empty, processes: [shim], groups: ['conform-1'] },
    { ...empty, processes: [shim], groups: ['conform-1'] },
    [],
  ],
  ['nothing when something went away', { ...empty, mounts: ['/a'], files: ['/f'] }, empty, []],
  ['a process', empty, { ...empty, processes: [shim] }, ['process 7: containerd-shim']],
  [
    'a process that took over the ID of another',
    { ...empty, processes: [shim] },
    { ...empty, processes: [{ ...shim, startTicks: '200' }] },
    ['process 7: containerd-shim'],
  ],
  [
    'not the new processes of a lab that stood before',
    { ...empty, groups: ['conform-1'] },
    { ...empty, groups: ['conform-1'], processes: [shim] },
    [],
  ],
  ['a second mount on the same place', { ...empty, mounts: ['/a'] }, { ...empty, mounts: ['/a', '/a'] }, ['mount /a']],
  ['a network namespace', empty, { ...empty, namespaces: ['cp01'] }, ['network namespace cp01']],
  ['a network link', { ...empty, links: ['lo'] }, { ...empty, links: ['lo', 'br0'] }, ['network link br0']],
  ['a loop device', empty, { ...empty, loops: ['loop3 on /nodes/w01/sdb.img'] }, ['loop device loop3 on /nodes/w01/sdb.img']],
  ['a control group', empty, { ...empty, groups: ['conform-1'] }, ['control group conform-1']],
  ['a file', empty, { ...empty, files: ['/etc/netns/admin'] }, ['file /etc/netns/admin']],
])('compare finds %s', (_, before, after, left) => {
  expect(compare(before, after)).toEqual(left);
});

test('a process that carries the mark is found, one with another mark is not', async () => {
  const before = await machineState('mine');
  await startSleeping('other');
  expect(await leftSince(before, 'mine', 0)).not.toContainEqual(expect.stringContaining('987654'));
  const pid = await startSleeping('mine');
  expect(await leftSince(before, 'mine', 0)).toContainEqual(`process ${pid}: sleep 987654`);
});

test('a state folder that a lab left is found', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leftovers-'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  vi.stubEnv('CONFORM_STATE', folder);
  const before = await machineState('mine');
  await mkdir(join(folder, 'labs', 'nightly'), { recursive: true });
  expect(await leftSince(before, 'mine', 0)).toContain(`file ${folder}/labs/nightly`);
});

async function startSleeping(mark: string): Promise<number | undefined> {
  const child = spawn('sleep', ['987654'], { env: { ...process.env, [markVariable]: mark } });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child, 'spawn');
  return child.pid;
}
