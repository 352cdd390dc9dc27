import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindInOtherNamespace } from './bind-for-test.ts';
import { covering, mountsIn, pathsInUse } from './mounted.ts';

const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 8:2 / /home rw - ext4 /dev/sda2 rw
31 30 8:3 /backup /home/a\\040b rw - ext4 /dev/sda3 rw
40 31 8:3 /cache/components/x//deleted /opt/lab ro - ext4 /dev/sda3 rw
41 30 8:4 / /home rw - xfs /dev/sda4 rw
`;

describe('mount tables', () => {
  const mounts = mountsIn(mountinfo);

  it('are read with their escaped spaces, and what was deleted by its name', () => {
    expect(mounts.slice(2, 4)).toEqual([
      { device: '8:3', root: '/backup', point: '/home/a b' },
      { device: '8:3', root: '/cache/components/x', point: '/opt/lab' },
    ]);
  });

  it.each([
    ['/var/cache', '8:1'],
    ['/home/a b/cache', '8:3'],
    ['/home/ab', '8:4'],
    ['/homeless', '8:1'],
  ])('%s is on %s', (path, device) => {
    expect(covering(mounts, path)?.device).toBe(device);
  });
});

describe.skipIf(process.getuid?.() !== 0)('paths in use', { timeout: 30_000 }, () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-mounted-'));
    for (const name of ['mounted', 'idle', 'running']) await mkdir(join(folder, 'components', name), { recursive: true });
    await mkdir(join(folder, 'target'));
    await writeFile(join(folder, 'components/idle/file'), '');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are those that another mount namespace has mounted', async () => {
    const unmount = await bindInOtherNamespace(join(folder, 'components/mounted'), join(folder, 'target'));
    try {
      expect(await pathsInUse(folder)).toEqual(['components/mounted']);
    } finally {
      await unmount();
    }
    expect(await pathsInUse(folder)).toEqual([]);
  });

  it('are those of programs that run', async () => {
    const program = join(folder, 'components/running/sleep');
    await copyFile('/bin/sleep', program);
    const child = spawn(program, ['60']);
    try {
      await once(child, 'spawn');
      expect(await pathsInUse(folder)).toEqual(['components/running/sleep']);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});
