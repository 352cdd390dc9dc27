import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { ptraceAttach } from './ptrace-attach.ts';

it.skipIf(process.arch !== 'x64' || process.platform !== 'linux')('the program runs, and ends without an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ptrace-attach-'));
  try {
    const file = join(folder, 'attach');
    await writeFile(file, ptraceAttach(), { mode: 0o755 });
    expect((await execa(file, { reject: false })).exitCode).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
