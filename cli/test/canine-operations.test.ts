import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../harness/engine/waiting.ts';
import { type Ask, Refused, healthPaths } from '../../suites/admin-access/canine/api.ts';
import { guideApi } from '../../suites/admin-access/canine/guide-api.ts';
import { upstreamApi } from '../../suites/admin-access/canine/upstream-api.ts';

const program = join(import.meta.dirname, '../../provision/stand-ins/canine/web.ts');
const admin = { email: 'admin@vaheed.net', password: 'a strong passw0rd!' };
const folder = mkdtempSync(join(tmpdir(), 'canine-api-'));
/** Passwords are digested at a cost, and the machine may be busy. */
const timeout = 60_000;
let server: ChildProcess;
let ask: Ask;

/** A Canine of the lab, outside any cluster, with its first user. */
beforeAll(async () => {
  const port = await freePort();
  server = spawn(process.execPath, [program], {
    env: { ...process.env, PORT: String(port), CANINE_STORAGE: folder, SECRET_KEY_BASE: 'key', KUBERNETES_SERVICE_HOST: undefined },
    stdio: 'ignore',
  });
  ask = async ({ method, path, headers = {}, body }) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      cookies: answer.headers.getSetCookie(),
      body: await answer.text(),
    };
  };
  await until('Canine to answer', { timeoutMs: 20_000, everyMs: 100, signal: AbortSignal.timeout(30_000) }, async () =>
    ask({ method: 'GET', path: '/up' }).then(
      () => ({ done: true }),
      () => ({ notYet: 'no answer' }),
    ),
  );
  await onboard();
}, 40_000);

afterAll(async () => {
  server.kill();
  await once(server, 'exit');
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function onboard(): Promise<void> {
  const page = await ask({ method: 'GET', path: '/local/onboarding' });
  const fields = {
    onboarding_method: 'normal',
    'account[name]': 'vaheed',
    'user[email]': admin.email,
    'user[password]': admin.password,
    connect_cluster: '1',
  };
  const headers = {
    cookie: page.cookies[0]?.split(';')[0] ?? '',
    'x-csrf-token': /name="csrf-token" content="([^"]+)"/.exec(page.body)?.[1] ?? '',
    'content-type': 'application/x-www-form-urlencoded',
  };
  await ask({ method: 'POST', path: '/local/onboarding', headers, body: new URLSearchParams(fields).toString() });
}

function api(keys: readonly string[] = []) {
  return upstreamApi({ ask, keys: async () => keys, admin: async () => admin, makesNamespace: async () => undefined });
}

async function adminKey(): Promise<string> {
  const made: string[] = [];
  const { revokedToken } = upstreamApi({
    ask: async (request) => {
      // The key is read before it is revoked, which is then not asked for.
      if (request.method === 'DELETE') return { status: 302, headers: {}, cookies: [], body: '' };
      if (request.headers?.['x-api-key'] !== undefined) made.push(request.headers['x-api-key']);
      return ask(request);
    },
    keys: async () => [],
    admin: async () => admin,
    makesNamespace: async () => undefined,
  });
  await revokedToken();
  return made[0] ?? '';
}

const person = (name: string) => ({ email: `${name}@example.com`, password: 'SecurePass!123' });

describe('users', { timeout }, () => {
  it('are created, listed, given a password and fetched, and are gone in the end', async () => {
    const canine = api();
    const alice = canine.user(person('alice'));
    const first = await alice.create();
    await alice.setPassword('NewSecurePass!456');
    expect(await canine.listUsers()).toContain('alice@example.com');
    await expect(alice.logIn(first)).rejects.toThrow(Refused);
    await alice.logIn('NewSecurePass!456');
    expect(await alice.fetch()).toBe('alice@example.com');
    await canine.removeAll();
    expect(await api().listUsers()).not.toContain('alice@example.com');
  });

  it('cannot do anything while they are suspended', async () => {
    const canine = api();
    const bob = canine.user(person('bob'));
    await bob.create();
    await bob.setPassword('SecurePass!123');
    await bob.useApi();
    await bob.suspend();
    await expect(bob.logIn('SecurePass!123')).rejects.toThrow(Refused);
    await expect(bob.useApi()).rejects.toThrow(Refused);
    await bob.restore();
    await bob.logIn('SecurePass!123');
    await bob.useApi();
    await canine.removeAll();
  });
});

describe('keys', { timeout }, () => {
  it('are found among the Secrets', async () => {
    const key = await adminKey();
    expect(await api(['something else that is long', key]).adminToken()).toBe(key);
    await expect(api(['something else that is long']).adminToken()).rejects.toThrow(Refused);
  });

  it('are worth nothing once they are revoked', async () => {
    const canine = api();
    const token = await canine.revokedToken();
    const answers = await Promise.all(canine.operations('none').map((operation) => canine.withToken(operation, token)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
  });
});

describe('tenants', { timeout }, () => {
  it('see and change their own alone', async () => {
    const canine = api();
    const kubeconfig = JSON.stringify({
      clusters: [{ name: 'x', cluster: { server: 'https://127.0.0.1:1' } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      users: [{ name: 'x', user: {} }],
      'current-context': 'x',
    });
    const [one, other] = [await canine.tenant(person('tenant-one'), kubeconfig), await canine.tenant(person('tenant-two'), kubeconfig)];
    const before = await other.state();
    expect(before).toMatch(/^tenant-two@example.com; projects tenant-two-app; builds \d+; variables none$/);
    expect((await canine.withToken({ method: 'POST', path: `/api/v1/projects/${other.app}/deploy` }, one.token)).status).toBe(404);
    await one.attack(other);
    expect(await other.state()).toBe(before);
    await one.setVariable(one);
    expect(await one.state()).toMatch(/; variables CONFORM$/);
    await canine.removeAll();
  });
});

describe('the operations of the guide', () => {
  it('are not there', async () => {
    const canine = guideApi(ask, async () => []);
    await expect(canine.listUsers()).rejects.toThrow('GET /api/v1/users: HTTP 404');
    await expect(canine.user(person('carol')).create()).rejects.toThrow('POST /api/v1/users: HTTP 404');
    await expect(canine.app({ name: 'x', repository: 'y', branch: 'z', command: '', port: 1 }).scale(3)).rejects.toThrow(
      'PATCH /api/v1/applications/1: HTTP 404',
    );
    expect((await canine.ask({ method: 'GET', path: healthPaths.guide })).status).toBe(404);
  });
});
