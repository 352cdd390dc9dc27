import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endingWith, killTree } from './process-tree.ts';

/** Makes `child`, and in a session of its own `session`, both after a while. */
const program = "setsid sh -c 'sleep $WAIT; : >session' & sh -c 'sleep $WAIT; : >child'; wait";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conform-process-tree-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function run(waitSeconds: number, signal: AbortSignal): Promise<number | undefined> {
  const env = { WAIT: String(waitSeconds) };
  const running = execa('sh', ['-c', program], { cwd: folder, env, reject: false, cancelSignal: signal });
  return (await endingWith(signal, running)).exitCode;
}
const made = (): string[] => ['child', 'session'].filter((name) => existsSync(join(folder, name)));

describe('a command', { timeout: 30_000 }, () => {
  it('does its work where nothing stops it', async () => {
    const exitCode = await run(0.1, new AbortController().signal);
    expect([exitCode, made()]).toEqual([0, ['child', 'session']]);
  });

  it('ends by the signal with all that it has started', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const exitCode = await run(2, stop.signal);
    await delay(2_500);
    expect([exitCode, made()]).toEqual([undefined, []]);
  });

  it('ends at once where the signal came before it', async () => {
    const exitCode = await run(0.5, AbortSignal.abort());
    await delay(1_000);
    expect([exitCode, made()]).toEqual([undefined, []]);
  });
});

it('a child that has ended is left alone: its number may be used again', async () => {
  const other = spawn('sleep', ['30']);
  await once(other, 'spawn');
  killTree({ pid: other.pid, exitCode: 0, signalCode: null });
  await delay(200);
  expect(other.signalCode).toBeNull();
  other.kill();
});
