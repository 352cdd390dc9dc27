import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectEngine, type EngineConnection } from './dataconn.ts';
import { discard } from './discard.ts';
import { serveVolume, type TestEngine } from './test-engine.ts';

const mib = 2 ** 20;

async function filledVolume(bytes: number): Promise<{ engine: TestEngine; connection: EngineConnection }> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const engine = await serveVolume(join(folder, 'longhorn.sock'), bytes);
  engine.content.fill(0xff);
  onTestFinished(async () => {
    engine.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { engine, connection: await connectEngine(engine.path) };
}

function isZero(content: Buffer): boolean {
  return content.every((byte) => byte === 0);
}

test('a part that the engine has freed is not written', async () => {
  const { engine, connection } = await filledVolume(2 * mib);
  await discard(connection, 4096, mib);
  expect(isZero(engine.content.subarray(4096, 4096 + mib))).toBe(true);
  expect(engine.asked.filter((line) => line.startsWith('write'))).toEqual([]);
});

test('a part that the engine has not freed is zeroed, and nothing beside it', async () => {
  const { engine, connection } = await filledVolume(2 * mib);
  engine.settings.ignoresUnmap = true;
  await discard(connection, 4096, mib);
  expect(isZero(engine.content.subarray(4096, 4096 + mib))).toBe(true);
  expect([engine.content[4095], engine.content[4096 + mib]]).toEqual([0xff, 0xff]);
});

test('what is larger than any file system zeroes is freed alone', async () => {
  const { engine, connection } = await filledVolume(8 * mib);
  engine.settings.ignoresUnmap = true;
  await discard(connection, 0, 5 * mib);
  expect(engine.asked).toEqual([`unmap 0 ${5 * mib}`]);
});
