import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: string;
let running: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'canine-'));
});

afterEach(async () => {
  if (running !== undefined) await killed(running);
  rmSync(folder, { recursive: true });
});

/** Starts the program on the test's folder; gives its address. */
async function start(): Promise<string> {
  const { PATH } = process.env;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'web.ts')], {
    env: { PATH, PORT: '0', CANINE_STORAGE: folder, SECRET_KEY_BASE: 'key' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running = child;
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return `http://127.0.0.1:${port}`;
  }
  throw new Error('the program ended before it listened');
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** One visitor's requests, with cookie and form token. */
function visitor(origin: string) {
  let cookie = '';
  let token = '';
  return async (path: string, form?: Record<string, string>): Promise<string> => {
    const body = form === undefined ? {} : { method: 'POST', body: new URLSearchParams({ ...form, authenticity_token: token }) };
    const response = await fetch(`${origin}${path}`, { ...body, redirect: 'manual', headers: { cookie } });
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    const page = await response.text();
    token = /name="csrf-token" content="([^"]+)"/.exec(page)?.[1] ?? token;
    return page;
  };
}

it('loses nothing that it has confirmed when it is killed', async () => {
  const visit = visitor(await start());
  await visit('/');
  await visit('/local/onboarding', {
    onboarding_method: 'normal',
    'account[name]': 'Vaheed',
    'user[email]': 'admin@vaheed.net',
    'user[password]': 'a strong passw0rd!',
    connect_cluster: '1',
  });
  await visit('/api_tokens/new');
  await visit('/api_tokens', { 'api_token[name]': 'test' });
  const token = /data-clipboard-text="([0-9a-f]{32})"/.exec(await visit('/api_tokens'))?.[1] ?? '';
  const names = Array.from({ length: 20 }, (_, index) => `shop-${index}`);
  for (const name of names)
    await visit('/projects', { 'project[name]': name, 'project[cluster_id]': '1', 'project[public_image_url]': 'nginx' });
  await killed(running!);

  const origin = await start();
  const response = await fetch(`${origin}/api/v1/projects`, { headers: { 'x-api-key': token } });
  const { projects } = (await response.json()) as { projects: { name: string }[] };
  expect(projects.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
}, 60_000);
