import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answeringNodes, arpOwners, arpSweep } from './arp.ts';

/** Stands for arping of iputils: its arguments and words; 192.0.2.9 is nobody's, two nodes answer for 192.0.2.10. */
const fakeArping = `#!/bin/sh
[ "$1 $2 $3 $4 $5" = '-b -w 3 -I eth0' ] || exit 2
echo "ARPING $6 from 192.0.2.1 eth0"
case $6 in
192.0.2.10) for each in 0A 0B 0A; do echo "Broadcast reply from $6 [02:00:00:00:00:$each]  1.2ms"; done ;;
192.0.2.11) echo "Broadcast reply from $6 [02:00:00:00:00:0A]  1.2ms" ;;
192.0.2.12) echo "Broadcast reply from $6 [02:00:00:00:00:0C]  1.2ms" ;;
esac
`;

const { signal } = new AbortController();
let folder: string;
const lan = {
  documented: {
    nodes: [
      { name: 'w01', address: '192.0.2.11' },
      { name: 'w02', address: '192.0.2.12' },
    ],
  },
  runAt: async (_: string, [program = '', ...args]: readonly string[]) =>
    (await execa(program, args, { env: { PATH: `${folder}:${process.env['PATH']}` } })).stdout,
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conform-arp-'));
  await writeFile(join(folder, 'arping'), fakeArping);
  await chmod(join(folder, 'arping'), 0o755);
});

afterAll(() => rm(folder, { recursive: true }));

it('all who answer for an address are its owners, each once', async () => {
  expect(await arpOwners(lan, '192.0.2.10', signal)).toEqual(['02:00:00:00:00:0a', '02:00:00:00:00:0b']);
});

it('addresses are asked for together, and one that nobody has has no owner', async () => {
  expect([...(await arpSweep(lan, ['192.0.2.11', '192.0.2.9'], signal))]).toEqual([
    ['192.0.2.11', ['02:00:00:00:00:0a']],
    ['192.0.2.9', []],
  ]);
});

it('a node answers for an address by the hardware address that is its own', async () => {
  expect(await answeringNodes(lan, '192.0.2.10', signal)).toEqual(['w01']);
});

it('an arping that does not run is no silence', async () => {
  const broken = { runAt: async () => Promise.resolve('sh: 1: arping: not found') };
  await expect(arpOwners(broken, '192.0.2.10', signal)).rejects.toThrow('arping did not run on the LAN host for 192.0.2.10');
});
