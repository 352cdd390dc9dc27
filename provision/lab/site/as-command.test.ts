import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

const script = join(import.meta.dirname, 'as-command.sh');

it('joins the group before the command runs, and ends as the command ends', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'conform-as-command-'));
  try {
    const group = join(folder, 'cgroup.procs');
    const { stdout, exitCode } = await execa('sh', [script, group, 'sh', '-c', 'cat "$1"; exit 7', 'sh', group], { reject: false });
    expect(stdout).toBe('0');
    expect(exitCode).toBe(7);
    expect(await readFile(group, 'utf8')).toBe('0\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('runs nothing where the group cannot be joined', async () => {
  const { stdout, exitCode } = await execa('sh', [script, '/nonexistent/cgroup.procs', 'echo', 'ran'], { reject: false });
  expect(stdout).toBe('');
  expect(exitCode).not.toBe(0);
});
