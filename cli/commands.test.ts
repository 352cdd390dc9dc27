import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processStart } from '../harness/engine/process-identity.ts';
import { eventOf } from '../harness/engine/runner/events.ts';

const isRoot = process.getuid?.() === 0;
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'conform-commands-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, NO_COLOR: '1', ...environment };
  return spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function conform(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = start(args, environment);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, stdout, stderr };
}

describe.skipIf(!isRoot)('the command', { timeout: 60_000 }, () => {
  it('rehearse refuses a folder for the report that cannot be made, before it builds anything', async () => {
    const { code, stdout, stderr } = await conform(['rehearse', '--report', '/proc/conform/report']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/Expected {2}a folder for the report that can be written: \/proc\/conform\/report\n {2}Saw .*\n {2}Next/);
  });

  it('rehearse refuses a state folder that cannot be made', async () => {
    const { code, stderr } = await conform(['rehearse'], { CONFORM_STATE: '/proc/conform' });
    expect(code).toBe(2);
    expect(stderr).toContain('CONFORM_STATE');
  });

  it('rehearse refuses the name of a lab that exists, and leaves it', async () => {
    const file = join(home, 'labs/mine/lab.json');
    await mkdir(join(home, 'labs/mine'), { recursive: true });
    await writeFile(file, JSON.stringify({ profile: 'corrected', phase: 'built', createdAt: '2026-05-04T02:00:00Z' }));
    const { code, stderr } = await conform(['rehearse', '--name', 'mine'], { CONFORM_STATE: home });
    expect(code).toBe(2);
    expect(stderr).toMatch(/Expected {2}no lab mine.*\n {2}Saw .*\n {2}Next .*conform verify --name mine/);
    expect(await readFile(file, 'utf8')).toContain('built');
  });

  it('rehearse tells a machine of a refusal as an event', async () => {
    const { code, stdout, stderr } = await conform(['rehearse', '--progress', 'json', '--report', '/proc/conform/report']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n').map(eventOf)).toEqual([expect.objectContaining({ kind: 'refused' })]);
  });

  it('cache import refuses what is no archive, and leaves the cache as it was', async () => {
    await writeFile(join(home, 'archive'), 'no archive');
    const { code, stdout, stderr } = await conform(['cache', 'import', 'archive'], { CONFORM_CACHE: join(home, 'cache') });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/Expected {2}a whole archive .*\n {2}Saw .*\n {2}Next .*nothing was added/);
    expect((await readdir(join(home, 'cache'), { recursive: true })).toSorted()).toEqual(['users']);
  });

  it('cache export says that there is nothing to write', async () => {
    const { code, stderr } = await conform(['cache', 'export', 'archive'], { CONFORM_CACHE: join(home, 'cache') });
    expect(code).toBe(4);
    expect(stderr).toContain('conform up builds them');
  });

  it('cache prune removes what other versions have left, and says what and how much', async () => {
    await mkdir(join(home, 'components/etcd-0000000000000000/bin'), { recursive: true });
    const { code, stdout } = await conform(['cache', 'prune'], { CONFORM_CACHE: home });
    expect([code, stdout, await readdir(join(home, 'components'))]).toEqual([
      0,
      'Removed 1 part, 0 MiB:\n  components/etcd-0000000000000000\n',
      [],
    ]);
  });

  it('cache prune --dry-run only says so', async () => {
    await mkdir(join(home, 'components/etcd-0000000000000000/bin'), { recursive: true });
    const { stdout } = await conform(['cache', 'prune', '--dry-run'], { CONFORM_CACHE: home });
    expect(stdout).toBe('Would remove 1 part, 0 MiB:\n  components/etcd-0000000000000000\n');
    expect(await readdir(join(home, 'components'))).toEqual(['etcd-0000000000000000']);
  });

  it('cache prune refuses while another command builds from the cache, and names it', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    try {
      await mkdir(join(home, 'components/etcd-0000000000000000'), { recursive: true });
      await mkdir(join(home, 'users'));
      const since = '2026-01-01T00:00:00Z';
      await writeFile(join(home, 'users/other'), JSON.stringify({ pid: child.pid, startTicks: processStart(child.pid ?? 0), since }));
      const { code, stderr } = await conform(['cache', 'prune'], { CONFORM_CACHE: home });
      expect([code, await readdir(join(home, 'components'))]).toEqual([2, ['etcd-0000000000000000']]);
      expect(stderr).toContain(`process ${child.pid} since ${since}`);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('verify documents the progress for machines', async () => {
    expect((await conform(['verify', '--help'])).stdout.replaceAll(/\s+/g, ' ')).toContain('one event a line');
  });
});

describe('a command at work', { timeout: 60_000 }, () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)('ends soon after %s, as interrupted', async (signal) => {
    const child = start(['test', '--only', 'lint']);
    await once(child.stdout, 'data');
    const startedAt = Date.now();
    child.kill(signal);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted');
    expect(Date.now() - startedAt).toBeLessThan(20_000);
  });
});
