import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { callsOf, creationOf, hardeningOf, looksFor, ownTimeMs, pausesMs } from './kubectl-calls.ts';

const log = `100.00 100.50 1 --kubeconfig=kubeconfig get namespace canine-a
102.51 103.00 0 --kubeconfig=kubeconfig get namespace canine-a
101.00 102.00 0 --kubeconfig=kubeconfig create namespace canine-a
103.10 104.10 0 --kubeconfig=kubeconfig apply -f -
`;
const calls = callsOf(log);

describe('the calls of kubectl', () => {
  it('are in the order in which they began', () => {
    expect(calls.map(({ beganMs }) => beganMs)).toEqual([100_000, 101_000, 102_510, 103_100]);
  });

  it('tell the looks for a namespace, and the pause between them', () => {
    expect(pausesMs(looksFor(calls, 'canine-a'))).toEqual([2010]);
  });

  it('tell when the namespace came and when it was hardened', () => {
    expect([creationOf(calls, 'canine-a')?.endedMs, hardeningOf(calls)?.endedMs]).toEqual([102_000, 104_100]);
  });

  it('that failed have hardened nothing', () => {
    expect(hardeningOf(callsOf('1.00 2.00 1 --kubeconfig=kubeconfig apply -f -\n'))).toBeUndefined();
  });

  it('leave the time that is the own of the script', () => {
    expect(ownTimeMs(calls, { fromMs: 102_000, toMs: 104_100 })).toBe(610);
  });

  it('that cannot be read throw', () => {
    expect(() => callsOf('kubectl: not found\n')).toThrow(/is no call/);
  });
});

it('log-kubectl.sh hands a call on, and notes how it ended', async () => {
  const [folder, real] = await Promise.all(['log-', 'kubectl-'].map((prefix) => mkdtemp(join(tmpdir(), prefix))));
  if (folder === undefined || real === undefined) throw new Error('no folders');
  await copyFile(`${import.meta.dirname}/log-kubectl.sh`, `${folder}/kubectl`);
  await promisify(execFile)('chmod', ['+x', `${folder}/kubectl`]);
  await writeFile(`${real}/kubectl`, '#!/bin/sh\ncat\nexit 3\n', { mode: 0o755 });
  try {
    const environment = { PATH: `${folder}:${real}:/usr/bin:/bin` };
    const run = promisify(execFile)('sh', ['-c', 'echo manifest | kubectl apply -f -'], { env: environment });
    await expect(run).rejects.toMatchObject({ code: 3, stdout: 'manifest\n' });
    expect(callsOf(await readFile(`${folder}/calls`, 'utf8'))).toMatchObject([{ status: 3, words: 'apply -f -' }]);
  } finally {
    await Promise.all([folder, real].map((each) => rm(each, { recursive: true })));
  }
});
