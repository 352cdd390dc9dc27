import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type LimitFiles, giveBackInstances, neededInstances, raiseInstances } from './inotify.ts';

async function machineWith(limit: string): Promise<LimitFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'conform-inotify-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'limit'), `${limit}\n`);
  return { limit: join(folder, 'limit'), kept: join(folder, 'state/inotify.json') };
}

const value = async ({ limit }: LimitFiles): Promise<number> => Number(await readFile(limit, 'utf8'));
const labs = (count: number) => async (): Promise<string[]> => Array.from({ length: count }, (_, index) => `conform-${index}`);

it.each([
  { version: 1, labs: 1, needed: 128 },
  { version: 1, labs: 4, needed: 256 },
  { version: 2, labs: 1, needed: 512 },
  { version: 2, labs: 3, needed: 768 },
] as const)('$labs labs on control groups version $version need $needed instances', ({ version, labs: count, needed }) => {
  expect(neededInstances(version, count)).toBe(needed);
});

it('puts the first value back when the last lab is gone, however often it was raised', async () => {
  const files = await machineWith('128');
  await raiseInstances(512, files);
  await raiseInstances(768, files);
  expect(await value(files)).toBe(768);
  await giveBackInstances(files, labs(1));
  expect(await value(files)).toBe(768);
  await giveBackInstances(files, labs(0));
  expect(await value(files)).toBe(128);
  expect(existsSync(files.kept)).toBe(false);
});

it('leaves a value that somebody has set since', async () => {
  const files = await machineWith('128');
  await raiseInstances(512, files);
  await writeFile(files.limit, '4096');
  await giveBackInstances(files, labs(0));
  expect(await value(files)).toBe(4096);
});

it('leaves a limit alone that it never raised', async () => {
  const files = await machineWith('64');
  await giveBackInstances(files, labs(0));
  expect(await value(files)).toBe(64);
});

it('tells the line to type where the limit cannot be set', async () => {
  // The kernel lets nobody write there.
  const files = { ...(await machineWith('128')), limit: '/proc/sys/kernel/ngroups_max' };
  await expect(raiseInstances(512, files)).rejects.toMatchObject({
    text: { next: expect.stringContaining('sysctl -w fs.inotify.max_user_instances=512') },
  });
  expect(existsSync(files.kept)).toBe(false);
});

it('still knows the first value when a further raise fails', async () => {
  const files = await machineWith('128');
  await raiseInstances(512, files);
  await expect(raiseInstances(768, { ...files, limit: '/proc/sys/kernel/ngroups_max' })).rejects.toThrow();
  await giveBackInstances(files, labs(0));
  expect(await value(files)).toBe(128);
});
