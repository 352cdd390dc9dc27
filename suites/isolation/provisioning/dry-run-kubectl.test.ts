import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

let real: string;
beforeAll(async () => {
  real = await mkdtemp(join(tmpdir(), 'kubectl-'));
  await writeFile(join(real, 'kubectl'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
});
afterAll(async () => rm(real, { recursive: true }));

async function tried(words: string): Promise<{ stdout: string }> {
  const environment = { PATH: `${import.meta.dirname}:${real}:/usr/bin:/bin` };
  return promisify(execFile)('sh', [join(import.meta.dirname, 'dry-run-kubectl.sh'), ...words.split(' ')], { env: environment });
}

it.each([
  ['--kubeconfig=kubeconfig apply -f -', '--kubeconfig=kubeconfig apply -f - --dry-run=server'],
  ['--kubeconfig=kubeconfig label namespace canine a=b', '--kubeconfig=kubeconfig label namespace canine a=b --dry-run=server'],
  ['--kubeconfig=kubeconfig get namespace apply', '--kubeconfig=kubeconfig get namespace apply'],
  ['delete namespace get', 'delete namespace get --dry-run=server'],
])('hands "%s" on', async (given, expected) => {
  expect((await tried(given)).stdout.trim()).toBe(expected);
});

it.each(['--kubeconfig=kubeconfig drain w01', '--kubeconfig kubeconfig apply -f -', ''])(
  'refuses "%s", which it cannot try',
  async (given) => {
    await expect(tried(given)).rejects.toMatchObject({ code: 64, stdout: '' });
  },
);
