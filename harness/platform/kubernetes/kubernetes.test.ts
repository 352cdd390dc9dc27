import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiRefusal } from './api-refusal.ts';
import { type Kubernetes, connectWith, isNotFound } from './kubernetes.ts';
import { type Answer, type Credential, TlsServer, configFor, selfSigned } from './testing/tls-server.ts';

const { signal } = new AbortController();

let credential: Credential;
beforeAll(async () => {
  credential = await selfSigned('localhost');
});

let server: TlsServer;
let kubernetes: Kubernetes;
beforeEach(async () => {
  server = await TlsServer.listening(credential, '127.0.0.1');
  kubernetes = connectWith(configFor(`https://localhost:${server.port}`, credential));
});
afterEach(async () => server.close());

const podList = { kind: 'APIResourceList', resources: [{ name: 'pods', kind: 'Pod', namespaced: true }] };

describe('a request', () => {
  it('sends the body of a DELETE whole', async () => {
    await kubernetes.request({ method: 'DELETE', path: '/api/v1/pods/p', body: { propagationPolicy: 'Foreground' } }, signal);
    expect([server.asked[0]?.body, server.asked[0]?.headers['content-length']]).toEqual(['{"propagationPolicy":"Foreground"}', '34']);
  });

  it('patches by a merge patch unless told otherwise, and has the headers that it was given', async () => {
    await kubernetes.request({ method: 'PATCH', path: '/p', body: {}, headers: { 'Impersonate-User': 'u' } }, signal);
    await kubernetes.request({ method: 'PATCH', path: '/p', body: [], contentType: 'application/json-patch+json' }, signal);
    expect(server.asked.map(({ headers }) => [headers['content-type'], headers['impersonate-user']])).toEqual([
      ['application/merge-patch+json', 'u'],
      ['application/json-patch+json', undefined],
    ]);
  });

  it.each<[string, Answer, unknown]>([
    [
      'a Status',
      { status: 403, body: { kind: 'Status', message: 'no' } },
      { status: 403, body: { kind: 'Status', message: 'no' }, message: 'no' },
    ],
    [
      'a text',
      { status: 404, body: '404 page not found', type: 'text/plain' },
      { status: 404, body: '404 page not found', message: '404 page not found' },
    ],
    ['JSON null', { body: 'null' }, { status: 200, body: null, message: '' }],
  ])('has %s as its answer', async (_, answer, expected) => {
    server.answer = () => answer;
    expect(await kubernetes.request({ method: 'GET', path: '/x' }, signal)).toEqual(expected);
  });
});

describe('a refusal', () => {
  it.each(['404 page not found', '', '{"kind":"Sta', '<html>', '{"message":"no"}'])(
    'of a typed client is an ApiRefusal, also with the body %j',
    async (body) => {
      server.answer = () => ({ status: 404, body, type: 'text/plain' });
      const thrown: unknown = await kubernetes.core.readNode({ name: 'n' }).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(ApiRefusal);
      expect([isNotFound(thrown), (thrown as Error).message]).toEqual([
        true,
        expect.stringContaining('GET /api/v1/nodes/n: the API answered 404'),
      ]);
    },
  );

  it('of any object is one too', async () => {
    server.answer = () => ({ status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'no' } });
    await expect(kubernetes.objects.list('metallb.io/v1beta1', 'IPAddressPool')).rejects.toMatchObject({ code: 403, reason: 'Forbidden' });
  });

  it('of a raw object says what was asked', async () => {
    server.answer = ({ method }) =>
      method === 'GET' ? { body: podList } : { status: 409, body: { reason: 'AlreadyExists', message: 'there' } };
    const created = kubernetes.raw.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n' } }, signal);
    await expect(created).rejects.toThrow('create Pod n/p: the API answered 409: there');
  });
});

describe('a watched client', () => {
  it('tells every way of asking to its observer before it asks, and shares connections', async () => {
    const seen: string[] = [];
    server.answer = ({ path }) => ({ body: path === '/api/v1' ? podList : { items: [] } });
    await kubernetes.request({ method: 'GET', path: '/plain' }, signal);
    const watched = kubernetes.watched((method, path) => void seen.push(`${method} ${path}`));
    await watched.request({ method: 'GET', path: '/apis?limit=1' }, signal);
    await watched.apps.listNamespacedDeployment({ namespace: 'canine', labelSelector: 'a=b' });
    await watched.raw.read({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n' } }, signal);
    await watched.as('token').request({ method: 'DELETE', path: '/as' }, signal);
    await watched.run({ namespace: 'n', pod: 'p' }, 'true', signal);
    expect(seen).toEqual([
      'GET /apis?limit=1',
      'GET /apis/apps/v1/namespaces/canine/deployments?labelSelector=a%3Db',
      'GET /api/v1',
      'GET /api/v1/namespaces/n/pods/p',
      'DELETE /as',
      'GET /api/v1/namespaces/n/pods/p/exec',
    ]);
    expect(server.connections).toBeLessThanOrEqual(4);
  });

  it('tells of a request that is not answered', async () => {
    const seen: string[] = [];
    await server.close();
    const watched = kubernetes.watched((method, path) => void seen.push(`${method} ${path}`));
    await watched.request({ method: 'GET', path: '/gone' }, signal).catch(() => undefined);
    expect(seen).toEqual(['GET /gone']);
  });

  it('has observers of its own', async () => {
    const seen: string[] = [];
    kubernetes.watched((_, path) => void seen.push(path));
    await kubernetes.request({ method: 'GET', path: '/' }, signal);
    expect(seen).toEqual([]);
  });
});
