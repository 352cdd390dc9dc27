import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type OpenShell, Shells, shellBehind } from './shells.ts';

const { signal } = new AbortController();

let opened: { close(): void }[];
let shells: Shells;

beforeEach(() => {
  opened = [];
  shells = new Shells();
});

const open: OpenShell = async (streams) => {
  const shell = await shellBehind([])(streams);
  opened.push(shell);
  return shell;
};

async function run(script: string, until = signal): Promise<string> {
  return shells.run('here', open, { script, signal: until });
}

it('run one script after another', async () => {
  expect(await run('echo first; exit 3')).toBe('first\n');
  expect(await run('cat; echo second')).toBe('second\n');
  expect(opened).toHaveLength(1);
});

it('are one each for scripts at the same time', async () => {
  expect(await Promise.all(['a', 'b', 'c'].map((each) => run(`sleep 0.1; echo ${each}`)))).toEqual(['a\n', 'b\n', 'c\n']);
  expect(opened).toHaveLength(3);
});

it('are at one place each', async () => {
  await run('true');
  await shells.run('there', open, { script: 'true', signal });
  expect(opened).toHaveLength(2);
});

it('are there for a script that was prepared for', async () => {
  await shells.prepare('here', open);
  await run('true');
  expect(opened).toHaveLength(1);
});

it('keep no variable of a script for the next', async () => {
  await run('v=1; cd /');
  expect(await run('echo "[$v]"')).toBe('[]\n');
});

describe('are opened anew', () => {
  it('where the one that waited has ended', async () => {
    await run('true');
    opened[0]?.close();
    await delay(50);
    expect(await run('echo again')).toBe('again\n');
    expect(opened).toHaveLength(2);
  });

  it('where the one that waited does not answer', async () => {
    const stopped = (await run('echo $$')).trim();
    process.kill(Number(stopped), 'SIGSTOP');
    await delay(1100);
    expect(await run('echo again')).toBe('again\n');
    expect(opened).toHaveLength(2);
    process.kill(Number(stopped), 'SIGKILL');
  });
});

describe('say why there is no output', () => {
  it('when a script ends its shell', async () => {
    await expect(run('echo why >&2; kill -9 $$')).rejects.toThrow('the shell at here was cut off: why');
  });

  it('when there is no way to a place', async () => {
    await expect(shells.run('there', shellBehind(['sh', '-c', 'echo no power >&2; exit 69']), { script: 'true', signal })).rejects.toThrow(
      'the shell at there was cut off: no power',
    );
  });

  it('at the deadline, which ends the shell too', async () => {
    await expect(run('sleep 20', AbortSignal.timeout(50))).rejects.toThrow('did not end');
    expect(await run('echo next')).toBe('next\n');
    expect(opened).toHaveLength(2);
  });
});
