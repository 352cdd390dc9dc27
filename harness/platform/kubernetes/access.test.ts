import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TransportRetry } from '../../engine/transport.ts';
import { type Access, type Kubernetes, connectWith } from './kubernetes.ts';
import { type Credential, TlsServer, configFor, selfSigned } from './testing/tls-server.ts';

const { signal } = new AbortController();
/** The documented name; its certificate holds no address. */
const documented = 'localhost';
const [first, second] = ['127.0.0.2', '127.0.0.3'];

let credential: Credential;
let other: Credential;
beforeAll(async () => {
  [credential, other] = await Promise.all([selfSigned(documented), selfSigned('elsewhere')]);
});

let servers: TlsServer[];
let port: number;
let told: Access[];
let retries: TransportRetry[];
let kubernetes: Kubernetes;

/** The documented endpoint at 127.0.0.1, and two fallbacks on the same port. */
beforeEach(async () => {
  const at = await TlsServer.listening(credential, '127.0.0.1');
  ({ port } = at);
  servers = [at, await TlsServer.listening(credential, first, port), await TlsServer.listening(credential, second, port)];
  for (const [index, server] of servers.entries()) server.answer = () => ({ body: { server: index } });
  told = [];
  retries = [];
  kubernetes = connectWith(configFor(`https://${documented}:${port}`, credential), {
    fallbacks: { of: [documented], addresses: [first, second] },
    onAccess: (access) => void told.push(access),
    onRetry: (retry) => void retries.push(retry),
  });
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

async function get(path = '/readyz', client = kubernetes): Promise<unknown> {
  return (await client.request({ method: 'GET', path }, signal)).body;
}

async function post(client = kubernetes): Promise<unknown> {
  return (await client.request({ method: 'POST', path: '/api/v1/namespaces', body: {} }, signal)).body;
}

async function stop(...indices: number[]): Promise<void> {
  await Promise.all(indices.map(async (index) => servers[index]?.close()));
}

describe('the documented endpoint', () => {
  it('is asked while it answers, over connections that are kept', async () => {
    for (let index = 0; index < 6; index += 1) expect(await get()).toEqual({ server: 0 });
    expect(servers[0]?.connections).toBeLessThanOrEqual(2);
    expect([kubernetes.access, told, retries]).toEqual([
      { endpoint: `https://${documented}:${port}`, isFallback: false, reason: '' },
      [],
      [],
    ]);
  });

  it('is gone back to when it answers again', async () => {
    await stop(0);
    await get();
    servers[0] = await TlsServer.listening(credential, '127.0.0.1', port);
    await delay(3_100);
    await get();
    await delay(200);
    expect([await get(), told.map(({ isFallback }) => isFallback), kubernetes.access]).toEqual([
      {},
      [true, false],
      { endpoint: `https://${documented}:${port}`, isFallback: false, reason: '' },
    ]);
  });

  it('whose status is 503 has answered', async () => {
    for (const server of servers) server.answer = () => ({ status: 503, body: 'not ready', type: 'text/plain' });
    const { status, message } = await kubernetes.request({ method: 'GET', path: '/readyz' }, signal);
    expect([status, message, servers[1]?.asked, told]).toEqual([503, 'not ready', [], []]);
  });
});

describe('a fallback', () => {
  it('asks for the documented name, also where a check has asked the same server by its address before', async () => {
    await expect(get('/readyz', kubernetes.at(first))).rejects.toThrow(/altnames/);
    await stop(0);
    expect(await get()).toEqual({ server: 1 });
  });

  it('answers when the documented endpoint refuses, with a certificate for the documented name, and is told of once', async () => {
    await stop(0);
    expect(await Promise.all([get(), get(), post()])).toEqual([{ server: 1 }, { server: 1 }, { server: 1 }]);
    await get();
    const access = { endpoint: `https://${first}:${port}`, isFallback: true, reason: expect.stringContaining('ECONNREFUSED') };
    expect([told, kubernetes.access]).toEqual([[access], access]);
    expect(retries).toHaveLength(3);
    expect(retries[0]?.what).toMatch(/^(GET|POST) \//);
  });

  it('that does not answer either is followed by the next', async () => {
    await stop(0, 1);
    expect([await get(), told.length]).toEqual([{ server: 2 }, 1]);
  });

  it('answers when somebody else has the documented address', async () => {
    await stop(0);
    servers[0] = await TlsServer.listening(other, '127.0.0.1', port);
    expect([await post(), servers[0].asked, told[0]?.reason]).toEqual([{ server: 1 }, [], expect.stringMatching(/certificate/)]);
  });

  it('answers when the documented endpoint accepts connections and says nothing', async () => {
    await stop(0);
    const silent = createServer().listen(port, '127.0.0.1');
    await once(silent, 'listening');
    expect(await post()).toEqual({ server: 1 });
    silent.close();
  });

  it('is asked next when the documented endpoint said nothing until the deadline of its caller', async () => {
    if (servers[0] !== undefined) servers[0].answer = () => undefined;
    await expect(kubernetes.request({ method: 'GET', path: '/' }, AbortSignal.timeout(200))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(await get()).toEqual({ server: 1 });
  });

  it('is not asked next because one request of many is slow', async () => {
    if (servers[0] !== undefined) servers[0].answer = ({ path }) => (path === '/slow' ? undefined : { body: { server: 0 } });
    const slow = kubernetes.request({ method: 'GET', path: '/slow' }, AbortSignal.timeout(300));
    await get();
    await expect(slow).rejects.toMatchObject({ name: 'TimeoutError' });
    expect([await get(), told]).toEqual([{ server: 0 }, []]);
  });

  it('answers the typed clients', async () => {
    await stop(0);
    const body = { kind: 'ConfigMapList', items: [{ metadata: { name: 'there' } }] };
    if (servers[1] !== undefined) servers[1].answer = () => ({ body });
    const { items } = await kubernetes.core.listNamespacedConfigMap({ namespace: 'default' });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['there']);
  });

  it('opens a command in a pod', async () => {
    await stop(0);
    expect(await kubernetes.run({ namespace: 'n', pod: 'p' }, 'true', signal)).toBe('printed\n');
    expect(servers[1]?.asked.map(({ path }) => path.split('?')[0])).toEqual(['/version', '/api/v1/namespaces/n/pods/p/exec']);
  });

  it('is asked once whether it is there, for all commands that begin together', async () => {
    await stop(0);
    await Promise.all(['p', 'q', 'r'].map((pod) => kubernetes.run({ namespace: 'n', pod }, 'true', signal)));
    expect(servers[1]?.asked.filter(({ path }) => path === '/version')).toHaveLength(1);
  });

  it('is asked as another caller too', async () => {
    await stop(0);
    await get('/readyz', kubernetes.as('secret'));
    expect(servers[1]?.asked[0]?.headers['authorization']).toBe('Bearer secret');
  });

  it('is not asked again for a change that the documented endpoint has seen', async () => {
    if (servers[0] !== undefined)
      servers[0].answer = (_, response) => {
        response.socket?.destroy();
        return undefined;
      };
    await expect(post()).rejects.toThrow(`no answer from https://${documented}:${port}`);
    expect([servers[1]?.asked, retries]).toEqual([[], []]);
  });

  it('is asked again for a read that the documented endpoint has seen', async () => {
    if (servers[0] !== undefined)
      servers[0].answer = (_, response) => {
        response.socket?.destroy();
        return undefined;
      };
    expect(await get()).toEqual({ server: 1 });
  });
});

it('no fallback is asked for an endpoint that nobody has documented', async () => {
  await stop(0);
  const config = configFor(`https://127.0.0.1:${port}`, credential);
  const undocumented = connectWith(config, { fallbacks: { of: [documented], addresses: [first] } });
  await expect(get('/', undocumented)).rejects.toThrow('ECONNREFUSED');
  expect(servers[1]?.asked).toEqual([]);
});

describe('when no server answers', () => {
  it('the error names what was asked, whom, and why not', async () => {
    await stop(0, 1, 2);
    await expect(get()).rejects.toThrow(/^GET \/readyz: no answer from https:\/\/127\.0\.0\.3:\d+: connect ECONNREFUSED/);
    expect(told).toEqual([]);
  });

  it('the end of the signal is the error', async () => {
    for (const server of servers) server.answer = () => undefined;
    const ended = kubernetes.request({ method: 'GET', path: '/' }, AbortSignal.timeout(100));
    await expect(ended).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('a client that is pinned to one host', () => {
  it('asks it alone, and once', async () => {
    await stop(0);
    await expect(get('/readyz', kubernetes.at(documented))).rejects.toThrow('ECONNREFUSED');
    expect([servers[1]?.asked, told, retries]).toEqual([[], [], []]);
  });

  it('holds its certificate to that host', async () => {
    await expect(get('/readyz', kubernetes.at(first))).rejects.toThrow(/altnames/);
  });

  it('answers while the run is at a fallback', async () => {
    expect(await get('/readyz', kubernetes.at(documented))).toEqual({ server: 0 });
  });
});
