import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exitCode } from '../../harness/engine/problem.ts';
import type { Phase } from '../provider.ts';
import { withLabLock } from './lab-lock.ts';
import { lab } from './lab.ts';

const phase: Phase = async (_, run) => run({ signal: new AbortController().signal, say: () => undefined });
let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'conform-lab-lock-'));
  await writeFile(join(place, 'file'), '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(place, { recursive: true });
});

/** The refusal of a folder for labs. */
function refusal(folder: string): object {
  return {
    code: exitCode.usage,
    text: { expected: expect.stringContaining(folder), saw: expect.any(String), next: expect.stringContaining('CONFORM_STATE') },
  };
}

describe('the lock of a lab', () => {
  const task = async (): Promise<string> => 'in';

  it('is taken in a folder that is made for it', async () => {
    expect(await withLabLock(join(place, 'state/labs/x'), 'it', task)).toBe('in');
  });

  it('is refused while somebody has it', async () => {
    const folder = join(place, 'x');
    await withLabLock(folder, 'it', async () => {
      await expect(withLabLock(folder, 'it', task)).rejects.toMatchObject({
        code: exitCode.usage,
        text: { saw: expect.stringContaining(`process ${process.pid}`) },
      });
    });
  });

  it.each(['/proc/conform/labs', '/dev/null/labs', '/dev/null'])('is refused at once in %s, which cannot be made', async (labs) => {
    await expect(withLabLock(join(labs, 'x'), 'it', task)).rejects.toMatchObject(refusal(labs));
  });

  it('is refused below a file', async () => {
    const labs = join(place, 'file/labs');
    await expect(withLabLock(join(labs, 'x'), 'it', task)).rejects.toMatchObject(refusal(labs));
  });
});

describe('a lab', () => {
  it.each(['file', 'file/state', 'taken'])('is refused where the state folder is %s, which cannot be made', async (name) => {
    await mkdir(join(place, 'taken'));
    await writeFile(join(place, 'taken/labs'), '');
    vi.stubEnv('CONFORM_STATE', join(place, name));
    expect(await lab.state('x')).toEqual({ kind: 'absent' });
    const up = lab.up({ name: 'x', profile: 'corrected', life: 'detached', with: [] }, phase);
    await expect(up).rejects.toMatchObject(refusal(join(place, name, 'labs')));
  });
});
