import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureStandIns } from '../stand-ins/bundle.ts';
import { locateTrees } from './rootfs/build.ts';

const { tools } = await locateTrees();
const canMount = process.getuid?.() === 0 && ['/dev/fuse', '/dev/loop-control', tools.folder].every((path) => existsSync(path));

/** Starting tgtd and making file systems takes seconds each on a busy machine. */
const patient = 180_000;

const script = join(import.meta.dirname, 'attach-volume.sh');
const product = join(import.meta.dirname, '../..');
let seen: ReadonlyMap<string, string>;

describe.skipIf(!canMount)("a volume on the stand-ins for iSCSI, as Longhorn's engine attaches it", () => {
  beforeAll(async () => {
    const standIns = await ensureStandIns({ signal: new AbortController().signal, say: () => undefined });
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child=KILL'];
    const { stdout } = await execa('unshare', [...namespaces, script, tools.folder, process.execPath, standIns.folder, product], {
      timeout: patient,
      stdin: 'ignore',
    });
    seen = new Map(stdout.split('\n').map((line) => [line.split(' ')[0] ?? '', line.split(' ').slice(1).join(' ')]));
  }, patient);

  it.each([
    ['lets the time-out of its disk be set', 'timeout', '90'],
    ['gives back what was written', 'data', 'same'],
    ['takes discards', 'trim', 'was done'],
    ['grows', 'sectors', String(2 ** 20)],
    ['leaves no loop device when it is detached', 'loops-after-detach', '0'],
    ['gives I/O errors when tgtd was killed', 'killed', 'error'],
    ['leaves no loop device when tgtd was killed', 'loops-after-kill', '0'],
    ['is attached again by a new tgtd', 'again', 'mounted'],
    ['gives I/O errors when its target was taken away', 'taken', 'error'],
    ['leaves no loop device after that', 'loops-at-the-end', '0'],
  ])('%s', (_, name, value) => {
    expect(seen.get(name)).toBe(value);
  });
});
