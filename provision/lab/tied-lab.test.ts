import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exitCode } from '../../harness/engine/problem.ts';
import type { Phase } from '../provider.ts';
import { thisProcess } from './cache/lock.ts';
import { lab } from './lab.ts';

const phase: Phase = async (_, run) => run({ signal: new AbortController().signal, say: () => undefined });
let state: string;
const file = (): string => join(state, 'labs/x/lab.json');

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'conform-tied-'));
  vi.stubEnv('CONFORM_STATE', state);
  await mkdir(join(state, 'labs/x'), { recursive: true });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true });
});

describe('a lab that exists', () => {
  it.each(['building', 'built'])('is refused to a tied life, and stays, when it is %s', async (at) => {
    const text = JSON.stringify({ profile: 'corrected', phase: at });
    await writeFile(file(), text);
    const up = lab.up({ name: 'x', profile: 'corrected', life: 'tied', with: [] }, phase);
    await expect(up).rejects.toMatchObject({ code: exitCode.usage, text: { expected: expect.stringContaining('no lab x') } });
    expect(await readFile(file(), 'utf8')).toBe(text);
  });

  it('of somebody else is not removed by who removes only his own', async () => {
    const init = { ...(await thisProcess()), pid: 1 };
    await writeFile(file(), JSON.stringify({ profile: 'corrected', phase: 'built', tiedTo: init }));
    expect(await lab.down('x', phase, { onlyOwn: true })).toBe('nothing');
    expect(await readFile(file(), 'utf8')).toContain('tiedTo');
  });

  it('without a life of its own is not removed by who removes only his own', async () => {
    await writeFile(file(), JSON.stringify({ profile: 'corrected', phase: 'built' }));
    expect(await lab.down('x', phase, { onlyOwn: true })).toBe('nothing');
    expect(await readFile(file(), 'utf8')).toContain('corrected');
  });
});
