import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectEngine } from './dataconn.ts';
import { Full } from './fuse-file.ts';
import { serveVolume, type TestEngine } from './test-engine.ts';

async function testEngine(sizeBytes: number): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const engine = await serveVolume(join(folder, 'longhorn.sock'), sizeBytes);
  onTestFinished(async () => {
    engine.close();
    await rm(folder, { recursive: true, force: true });
  });
  return engine;
}

test('what is written is read back, in pieces that the socket chose', async () => {
  const engine = await testEngine(2 ** 21);
  const connection = await connectEngine(engine.path);
  const data = randomBytes(2 ** 20);
  await connection.write(4096, data);
  expect(Buffer.concat(await connection.read(4096, data.length)).equals(data)).toBe(true);
});

test('an answer belongs to its request, whatever came first', async () => {
  const engine = await testEngine(8192);
  engine.content.fill('a', 0, 4096).fill('b', 4096);
  engine.settings.answer = 'last first';
  const connection = await connectEngine(engine.path);
  const reads = [connection.read(0, 1), connection.read(4096, 1)];
  await vi.waitFor(() => expect(engine.asked).toHaveLength(2));
  engine.answerHeld();
  expect((await Promise.all(reads)).map((pieces) => Buffer.concat(pieces).toString())).toEqual(['a', 'b']);
});

test('an unmap carries its range and no data', async () => {
  const engine = await testEngine(8192);
  await (await connectEngine(engine.path)).unmap(4096, 4096);
  expect(engine.asked).toEqual(['unmap 4096 4096']);
});

test("the engine's error is its text", async () => {
  const engine = await testEngine(4096);
  engine.settings.failure = { type: 3, text: 'no backend available' };
  await expect((await connectEngine(engine.path)).read(0, 1)).rejects.toThrow('no backend available');
});

test('a full replica is told apart', async () => {
  const engine = await testEngine(4096);
  engine.settings.failure = { type: 8, text: 'no space left on device' };
  await expect((await connectEngine(engine.path)).write(0, Buffer.alloc(1))).rejects.toBeInstanceOf(Full);
});

test('when the engine dies, what waits fails, and so does everything after it', async () => {
  const engine = await testEngine(4096);
  engine.settings.answer = 'last first';
  const connection = await connectEngine(engine.path);
  const read = connection.read(0, 1);
  await vi.waitFor(() => expect(engine.asked).toHaveLength(1));
  engine.die();
  await expect(read).rejects.toThrow('closed');
  await expect(connection.read(0, 1)).rejects.toThrow('closed');
});
