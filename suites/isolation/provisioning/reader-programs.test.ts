import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let reader: string;
let temporary: string;
beforeAll(async () => {
  reader = await mkdtemp(join(tmpdir(), 'reader-'));
  temporary = await mkdtemp(join(tmpdir(), 'temporary-'));
  await Promise.all(['kubeconfig', 'provision-tenant.sh', 'canine-api-key'].map((name) => writeFile(join(reader, name), '')));
});
afterAll(async () => Promise.all([reader, temporary].map((each) => rm(each, { recursive: true }))));

async function run(program: string, words: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const options = { cwd: reader, env: { PATH: '/usr/bin:/bin', TMPDIR: temporary, ...env } };
  return (await promisify(execFile)('sh', [`${import.meta.dirname}/${program}`, ...words], options)).stdout;
}

describe('run-in-folder.sh', () => {
  it('sets a variable, whatever its value', async () => {
    expect(await run('run-in-folder.sh', ['.', 'NS=one\ntwo $HOME', '--', 'printenv', 'NS'])).toBe('one\ntwo $HOME\n');
  });

  it('takes a variable away', async () => {
    await expect(run('run-in-folder.sh', ['.', '-NS', '--', 'printenv', 'NS'], { NS: 'canine-alice' })).rejects.toMatchObject({ code: 1 });
  });

  it('runs in the folder, with the arguments as they are', async () => {
    expect(await run('run-in-folder.sh', ['/', '--', 'sh', '-c', 'echo "$PWD:$1"', 'sh', 'a "b" --'])).toBe('/:a "b" --\n');
  });
});

describe('reader-folder.sh', () => {
  it('makes a folder with scripts and kubeconfig and nothing else, and removes it', async () => {
    const folder = (await run('reader-folder.sh', ['with-scripts', 'bare'])).trim();
    expect(folder).toBe(join(temporary, 'bare'));
    expect((await promisify(execFile)('ls', [folder])).stdout.split('\n').filter(Boolean)).toEqual(['kubeconfig', 'provision-tenant.sh']);
    await run('reader-folder.sh', ['remove', 'bare']);
    await expect(promisify(execFile)('ls', [folder])).rejects.toThrow();
  });

  it('makes a folder whose kubectl is found first', async () => {
    const [folder, path = ''] = (await run('reader-folder.sh', ['with-kubectl', 'shim', '#!/bin/sh\necho "shim: $*"'])).split('\n');
    expect(path).toBe(`${folder}:/usr/bin:/bin`);
    expect((await promisify(execFile)('sh', ['-c', 'kubectl get nodes'], { env: { PATH: path } })).stdout).toBe('shim: get nodes\n');
  });
});
