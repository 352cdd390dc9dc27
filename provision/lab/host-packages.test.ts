import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import { type HostPackage, ensureHostPackages, hostPackages, installCommand, missingHostPackages } from './host-packages.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-packages-'));
  vi.stubEnv('PATH', folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

test('a package is missing unless everything that it brings is there', async () => {
  await program('one');
  await writeFile(join(folder, 'data'), '');
  const packages: HostPackage[] = [
    { name: 'whole', why: 'test', brings: ['one', join(folder, 'data')] },
    { name: 'half', why: 'test', brings: ['one', 'two'] },
    { name: 'none', why: 'test', brings: [join(folder, 'nothing')] },
  ];
  expect((await missingHostPackages(packages)).map(({ name }) => name)).toEqual(['half', 'none']);
});

test('a file that may not be run is not a program', async () => {
  await writeFile(join(folder, 'one'), '', { mode: 0o644 });
  expect(await missingHostPackages([{ name: 'one', why: 'test', brings: ['one'] }])).toHaveLength(1);
});

test('who may not install is told what is missing, why, and the command', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  const problem = await ensureHostPackages({ signal: new AbortController().signal, say: () => undefined }).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(Problem);
  expect((problem as Problem).code).toBe(exitCode.usage);
  expect((problem as Problem).text.expected).toContain("mmdebstrap, to make the nodes' Debian root file system");
  expect((problem as Problem).text.saw).toContain('user 1000, who may not install');
  expect((problem as Problem).text.next).toContain('sudo apt-get install --no-install-recommends mmdebstrap');
});

test('the install command names every package', () => {
  expect(installCommand(hostPackages)).toBe('apt-get install --no-install-recommends mmdebstrap debian-archive-keyring util-linux');
});

async function program(name: string): Promise<void> {
  await writeFile(join(folder, name), '#!/bin/sh\n');
  await chmod(join(folder, name), 0o755);
}
