import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { expect, it } from 'vitest';

const programs = globSync('**/*.sh', { cwd: import.meta.dirname });
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

it.each(programs)('%s is a program of a POSIX shell', (program) => {
  expect(spawnSync('sh', ['-n', program], { cwd: import.meta.dirname, encoding: 'utf8' }).stderr).toBe('');
});

it.skipIf(!hasShellcheck).each(programs)('%s passes shellcheck', (program) => {
  expect(spawnSync('shellcheck', ['-s', 'sh', program], { cwd: import.meta.dirname, encoding: 'utf8' }).stdout).toBe('');
});
