import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeEnd, runCommand } from './command.ts';

const work = { signal: new AbortController().signal, say: () => undefined };
const shell = (script: string) => ({ file: 'sh', args: ['-c', script] });

describe('runCommand', () => {
  it('tells the exit code and what was written to both outputs', async () => {
    expect(await runCommand(work, shell('echo out; echo err >&2; exit 3'))).toEqual({ kind: 'exited', code: 3, output: 'out\nerr' });
  });

  it('tells that there is no such command', async () => {
    expect((await runCommand(work, { file: 'conform-no-such-command', args: [] })).kind).toBe('not-found');
  });

  it('gives the lines of both outputs as they come, and all of them at the end', async () => {
    const lines: string[] = [];
    const end = await runCommand(work, { ...shell('echo out; echo err >&2; echo last'), onLine: (line) => lines.push(line) });
    expect([lines.toSorted(), end.output.split('\n').toSorted()]).toEqual([
      ['err', 'last', 'out'],
      ['err', 'last', 'out'],
    ]);
  });

  it('kills grandchildren too when the work is stopped', async () => {
    const stop = new AbortController();
    const folder = await mkdtemp(join(tmpdir(), 'conform-command-'));
    const pidFile = join(folder, 'pid');
    const running = runCommand({ ...work, signal: stop.signal }, shell(`sleep 60 & echo $! > ${pidFile}; wait`));
    setTimeout(() => stop.abort(), 100);
    await expect(running).rejects.toThrow();
    const grandchild = Number(await readFile(pidFile, 'utf8'));
    await rm(folder, { recursive: true });
    await expect.poll(() => isRunning(grandchild)).toBe(false);
  });
});

describe('describeEnd', () => {
  it('keeps the last lines', () => {
    expect(describeEnd({ kind: 'exited', code: 2, output: 'a\nb\nc\n' }, 2)).toBe('exit code 2\nb\nc');
  });
});

/** A zombie that nobody has reaped yet does not count. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
}
