import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { converse } from './conversation.ts';
import type { RunEvent } from './events.ts';

const emitter = `import { emit } from '${import.meta.dirname}/emit.ts'; import { readTask } from '${import.meta.dirname}/task.ts';`;

/** Runs a program's text to its end. */
async function conversation(text: string, options: { task?: unknown; signal?: AbortSignal; deadlineMs?: number; hear?: () => void } = {}) {
  const events: RunEvent[] = [];
  const { code, lastLines } = await converse(
    {
      command: [process.execPath, '--input-type=module', '--eval', `${emitter}\n${text}`],
      task: options.task ?? {},
      signal: options.signal ?? new AbortController().signal,
      deadlineMs: options.deadlineMs ?? 20_000,
    },
    (event) => {
      events.push(event);
      options.hear?.();
    },
  );
  return { code, lastLines, events };
}

describe('a conversation with a program', () => {
  it('hands it its task', async () => {
    const { events } = await conversation(`emit({ kind: 'note', text: readTask().word });`, { task: { word: 'hello' } });
    expect(events).toEqual([{ kind: 'note', text: 'hello' }]);
  });

  it('loses nothing of a task or an event that is larger than a pipe', async () => {
    const word = 'x'.repeat(3_000_000);
    const { events } = await conversation(`for (const _ of [1, 2, 3]) emit({ kind: 'note', text: readTask.word ??= readTask().word });`, {
      task: { word },
    });
    expect(events.map((event) => 'text' in event && event.text.length)).toEqual([word.length, word.length, word.length]);
  });

  it('keeps every event of a program that is killed in the middle of a line', async () => {
    const { events, code } = await conversation(
      `import { writeSync } from 'node:fs'; emit({ kind: 'note', text: 'whole' }); writeSync(3, '{"kind":"note","te'); process.kill(process.pid, 'SIGKILL');`,
    );
    expect(code).toBeNull();
    expect(events).toEqual([
      { kind: 'note', text: 'whole' },
      { kind: 'note', text: expect.stringContaining('could not be read') },
    ]);
  });

  it('takes what a program prints for no event', async () => {
    const { events, lastLines } = await conversation(`console.log('{"kind":"ended"}'); console.error('oh');`);
    expect(events).toEqual([]);
    expect(lastLines.split('\n').toSorted()).toEqual(['oh', '{"kind":"ended"}']);
  });

  it('keeps the last lines only', async () => {
    const { lastLines } = await conversation(`for (let line = 1; line <= 100; line += 1) console.log(line);`);
    expect(lastLines.split('\n')).toEqual(Array.from({ length: 40 }, (_, index) => String(index + 61)));
  });

  it('tells the exit code of a program that reads no task', async () => {
    expect((await conversation('process.exit(7);', { task: { word: 'x'.repeat(3_000_000) } })).code).toBe(7);
  });

  it('ends a program by the signal', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    expect((await conversation('setInterval(() => 0, 1000);', { signal: stop.signal })).code).toBeNull();
  });

  it('kills a program that does not end by the signal', async () => {
    const stop = new AbortController();
    const { code } = await conversation(
      `process.on('SIGTERM', () => 0); setInterval(() => 0, 1000); emit({ kind: 'note', text: 'it has its handler' });`,
      { signal: stop.signal, hear: () => stop.abort() },
    );
    expect(code).toBeNull();
  });

  it('kills with a program all that it has started', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'conform-conversation-'));
    const late = join(folder, 'late');
    const stop = new AbortController();
    await conversation(
      `import { spawn } from 'node:child_process'; spawn('sh', ['-c', 'sleep 2; : >"$1"', 'sh', ${JSON.stringify(late)}], { stdio: 'ignore' }).once('spawn', () => emit({ kind: 'note', text: 'it has started one' }));`,
      { signal: stop.signal, hear: () => stop.abort() },
    );
    await delay(2_500);
    const isThere = existsSync(late);
    await rm(folder, { recursive: true });
    expect(isThere).toBe(false);
  });

  it('kills a program at its deadline', async () => {
    expect((await conversation(`process.on('SIGTERM', () => 0); setInterval(() => 0, 1000);`, { deadlineMs: 500 })).code).toBeNull();
  });

  it('does not wait for what a program has left behind with its output', async () => {
    const startedAt = Date.now();
    await conversation(
      `import { spawn } from 'node:child_process'; spawn('sleep', ['8'], { stdio: ['ignore', 'inherit', 'inherit'], detached: true }).unref();`,
    );
    expect(Date.now() - startedAt).toBeLessThan(7_000);
  });

  it('does not begin after the signal', async () => {
    await expect(conversation('', { signal: AbortSignal.abort(new Error('interrupted')) })).rejects.toThrow('interrupted');
  });

  it('throws for a program that does not exist', async () => {
    await expect(
      converse({ command: ['/no/such/program'], task: {}, signal: new AbortController().signal, deadlineMs: 1_000 }, () => undefined),
    ).rejects.toThrow('ENOENT');
  });
});
