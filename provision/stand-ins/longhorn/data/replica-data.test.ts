import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseSeek, ReplicaData, type ReplicaMeta } from './replica-data.ts';

const size = 1024 * 1024;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'replica-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Opened, and closed at the test's end. */
async function opened(directory: string): Promise<ReplicaData> {
  const data = await ReplicaData.open(directory, size);
  onTestFinished(() => data.close());
  return data;
}

async function metaIn(directory: string): Promise<ReplicaMeta> {
  return JSON.parse(await readFile(join(directory, 'volume.meta'), 'utf8')) as ReplicaMeta;
}

test('a new replica is empty, sparse and has its meta on the disk', async () => {
  const directory = await folder();
  const data = await opened(directory);
  expect(await data.actualSize()).toBe(0);
  expect(await data.read(0, 4096)).toEqual(Buffer.alloc(4096));
  expect(await metaIn(directory)).toMatchObject({ Size: size, Head: 'volume-head-000.img', Dirty: false, Rebuilding: false });
});

test('data, size and generation are there again after it was opened anew', async () => {
  const directory = await folder();
  const first = await ReplicaData.open(directory, size);
  await first.write(8192, [Buffer.from('one'), Buffer.from('two')]);
  await first.setGeneration(5);
  await first.close();
  const second = await opened(directory);
  expect((await second.read(8192, 6)).toString()).toBe('onetwo');
  expect(second.meta.Generation).toBe(5);
});

test('it grows and does not shrink', async () => {
  const directory = await folder();
  const data = await opened(directory);
  await data.expand(2 * size);
  expect((await metaIn(directory)).Size).toBe(2 * size);
  await expect(data.expand(size)).rejects.toThrow('cannot be made smaller');
  await expect(ReplicaData.open(directory, size)).rejects.toThrow('cannot be made smaller');
});

test('reads and writes beyond its end are refused', async () => {
  const data = await opened(await folder());
  await expect(data.read(size - 1, 2)).rejects.toThrow('beyond the size');
  await expect(data.write(size, [Buffer.from('x')])).rejects.toThrow('beyond the size');
});

test('a rebuild empties it, and it counts as incomplete until the rebuild has ended', async () => {
  const directory = await folder();
  const data = await opened(directory);
  await data.write(0, [Buffer.from('old')]);
  await data.startRebuild();
  expect(await data.read(0, 3)).toEqual(Buffer.alloc(3));
  expect(await metaIn(directory)).toMatchObject({ Rebuilding: true, Generation: 0 });
  await data.endRebuild(4);
  expect(await metaIn(directory)).toMatchObject({ Rebuilding: false, Generation: 4 });
});

test('a meta that cannot be read is not taken for a new replica', async () => {
  const directory = await folder();
  await writeFile(join(directory, 'volume.meta'), 'not JSON');
  await expect(ReplicaData.open(directory, size)).rejects.toThrow();
});

test.each([
  { output: 'Whence\tResult\nHOLE\t0\n', expected: [] },
  { output: 'Whence\tResult\nDATA\t0\nHOLE\t4096\n', expected: [{ offset: 0, length: 4096 }] },
  {
    output: 'Whence\tResult\nHOLE\t0\nDATA\t8192\nHOLE\t12288\nDATA\t16384\nHOLE\t20480\n',
    expected: [
      { offset: 8192, length: 4096 },
      { offset: 16_384, length: 4096 },
    ],
  },
  { output: 'Whence\tResult\nDATA\t0\n', expected: [{ offset: 0, length: 20_480 }] },
])('extents of $output', ({ output, expected }) => {
  expect(parseSeek(output, 20_480)).toEqual(expected);
});
