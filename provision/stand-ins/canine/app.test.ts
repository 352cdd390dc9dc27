import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canine } from './app.ts';
import { Database } from './database.ts';
import type { FaultName } from './faults.ts';
import { Jobs } from './jobs.ts';
import { People } from './people.ts';
import { Projects } from './projects.ts';
import { Sessions } from './session.ts';
import { Browser } from './testing/browser.ts';
import { FakeKubernetes } from './testing/fake-kubernetes.ts';

const admin = { email: 'admin@vaheed.net', password: 'a strong passw0rd!' };
const notFound = { error: 'Resource not found' };

let folder: string;
let database: Database;
let people: People;
let projects: Projects;
let kubernetes: FakeKubernetes;
let jobs: Jobs;
let app: Hono;
let faults: Partial<Record<FaultName, string>>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'canine-'));
  database = new Database(join(folder, 'canine.sqlite3'));
  people = new People(database);
  projects = new Projects(database);
  kubernetes = new FakeKubernetes();
  faults = {};
  const switches = { parameter: async (name: FaultName) => faults[name] };
  jobs = new Jobs({ projects, faults: switches, connect: () => kubernetes });
  app = canine({ people, projects, jobs, faults: switches, connect: () => kubernetes, sessions: new Sessions('key') });
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

async function onboarded(): Promise<Browser> {
  const browser = new Browser(app);
  await browser.get('/');
  await browser.submit('/local/onboarding', {
    onboarding_method: 'normal',
    'account[name]': 'Vaheed',
    'user[email]': admin.email,
    'user[password]': admin.password,
    connect_cluster: '1',
  });
  return browser;
}

async function apiToken(browser: Browser): Promise<string> {
  await browser.get('/api_tokens/new');
  await browser.submit('/api_tokens', { 'api_token[name]': 'test' });
  return /data-clipboard-text="([0-9a-f]{32})"/.exec((await browser.get('/api_tokens')).body)?.[1] ?? 'no token on the page';
}

async function call(token: string, method: string, path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const response = await app.request(path, {
    method,
    ...init,
    headers: { 'x-api-key': token, ...(init.headers as Record<string, string>) },
  });
  return { status: response.status, body: await response.json() };
}

async function web(browser: Browser, name = 'shop', fields: Record<string, string> = {}): Promise<void> {
  await browser.submit('/projects', {
    'project[name]': name,
    'project[cluster_id]': '1',
    'project[public_image_url]': 'docker.io/library/nginx:latest',
    ...fields,
  });
  const id = projects.byName(people.accountsOf(people.user(1)!)[0]!, name)?.id ?? 0;
  await browser.submit(`/projects/${id}/services`, {
    'service[name]': `${name}-web`,
    'service[service_type]': 'web_service',
    'service[container_port]': '80',
    'service[replicas]': '2',
  });
}

describe('before the log-in', () => {
  it('shows the onboarding until there is a user, and sends to the log-in from then on', async () => {
    expect(await new Browser(app).get('/')).toMatchObject({
      status: 200,
      body: expect.stringContaining('Select your installation method'),
    });
    await onboarded();
    expect(await new Browser(app).get('/')).toMatchObject({ status: 302, location: '/users/sign_in' });
    expect(await new Browser(app).get('/users/sign_in')).toMatchObject({ status: 200, body: expect.stringContaining('Log in') });
  });

  it('is healthy at /up, and has the 404 page at the addresses that the guide invented', async () => {
    expect(await new Browser(app).get('/up')).toMatchObject({ status: 200, body: expect.stringContaining('background-color: green') });
    for (const path of ['/api/v1/health', '/api/v1/users', '/api/v1/applications', '/api/v1/applications/1/deployments/latest']) {
      const response = await app.request(path, { headers: { authorization: 'Bearer x', accept: '*/*' } });
      expect(response.status, path).toBe(404);
      expect(response.headers.get('content-type'), path).toContain('text/html');
      expect(await response.text(), path).toContain('Page Not Found (404)');
    }
  });

  it('answers JSON to whoever asks for JSON at an address that is not there', async () => {
    const response = await app.request('/api/v1/users', { method: 'POST', headers: { accept: 'application/json' } });
    expect([response.status, await response.json()]).toEqual([404, { status: 404, error: 'Not Found' }]);
  });

  it('refuses a form without its token', async () => {
    const response = await app.request('/users/sign_in', { method: 'POST', body: new URLSearchParams({ 'user[email]': admin.email }) });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain('The change you wanted was rejected');
  });

  it('onboards once, and only with a valid e-mail and password', async () => {
    const browser = new Browser(app);
    await browser.get('/local/onboarding');
    const refused = await browser.submit('/local/onboarding', {
      onboarding_method: 'normal',
      'account[name]': 'x',
      'user[email]': admin.email,
      'user[password]': 'short',
    });
    expect(refused).toMatchObject({ status: 302, location: '/local/onboarding' });
    expect(await browser.get('/local/onboarding')).toMatchObject({
      body: expect.stringContaining('Password is too short (minimum is 6 characters)'),
    });
    await onboarded();
    const second = new Browser(app);
    await second.get('/users/sign_in');
    expect(await second.submit('/local/onboarding', { onboarding_method: 'normal' })).toMatchObject({
      status: 302,
      location: '/users/sign_in',
    });
  });

  it('logs in with the right password alone', async () => {
    await onboarded();
    const browser = new Browser(app);
    await browser.get('/users/sign_in');
    expect(await browser.submit('/users/sign_in', { 'user[email]': admin.email, 'user[password]': 'wrong one' })).toMatchObject({
      status: 422,
      body: expect.stringContaining('Invalid Email or password.'),
    });
    expect(
      await browser.submit('/users/sign_in', { 'user[email]': admin.email.toUpperCase(), 'user[password]': admin.password }),
    ).toMatchObject({ status: 303, location: '/' });
    expect(await browser.get('/')).toMatchObject({ status: 200, body: expect.stringContaining('Signed in successfully.') });
  });

  it('keeps strangers out of the dashboard', async () => {
    expect(await new Browser(app).get('/api_tokens')).toMatchObject({ status: 302, location: '/users/sign_in' });
    expect(await new Browser(app).get('/projects', { accept: 'application/json' })).toMatchObject({
      status: 401,
      body: '{"error":"You need to sign in or sign up before continuing."}',
    });
  });

  it('lets an invited member in once the password is changed', async () => {
    const owner = await onboarded();
    await owner.get('/accounts/account_users');
    const { body } = await owner.submit('/accounts/account_users', { 'user[email]': 'alice@example.com' });
    const temporary = /Temporary Password: ([^<]+)/.exec(body)?.[1] ?? '';
    const alice = new Browser(app);
    await alice.get('/users/sign_in');
    await alice.submit('/users/sign_in', { 'user[email]': 'alice@example.com', 'user[password]': temporary });
    expect(await alice.get('/projects')).toMatchObject({ status: 302, location: '/password_change' });
    await alice.get('/password_change');
    expect(
      await alice.submit(
        '/password_change',
        { 'user[current_password]': temporary, 'user[password]': 'SecurePass!123', 'user[password_confirmation]': 'SecurePass!123' },
        'PATCH',
      ),
    ).toMatchObject({ status: 302, location: '/' });
    expect(await alice.get('/projects')).toMatchObject({ status: 200 });
  });
});

describe('the API key', () => {
  it('is shown by the dashboard once', async () => {
    const browser = await onboarded();
    const token = await apiToken(browser);
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect((await browser.get('/api_tokens')).body).not.toContain(token);
  });

  it.each([
    'GET /api/v1/me',
    'GET /api/v1/projects',
    'POST /api/v1/projects/shop/deploy',
    'GET /api/v1/builds',
    'GET /api/v1/clusters',
    'GET /api/v1/add_ons',
  ])('is needed for %s', async (operation) => {
    const [method = '', path = ''] = operation.split(' ');
    const bearer = await app.request(path, { method, headers: { authorization: 'Bearer x' } });
    expect([bearer.status, await bearer.json()]).toEqual([401, { error: 'Missing API token' }]);
    expect(await call('0123', method, path)).toEqual({ status: 401, body: { error: 'Invalid or expired API token' } });
  });

  it('ends with its expiry date, and when it is deleted', async () => {
    const browser = await onboarded();
    const token = await apiToken(browser);
    await browser.submit('/api_tokens/1', {}, 'DELETE');
    expect(await call(token, 'GET', '/api/v1/me')).toMatchObject({ status: 401 });
    const expired = people.createToken(people.user(1)!, 'old', '2020-01-01T00:00:00.000Z');
    expect(await call(expired.access_token, 'GET', '/api/v1/me')).toMatchObject({ status: 401 });
  });

  it('tells who its user is', async () => {
    const token = await apiToken(await onboarded());
    const account = { id: 1, name: 'Vaheed', slug: 'vaheed' };
    expect(await call(token, 'GET', '/api/v1/me')).toEqual({
      status: 200,
      body: {
        id: 1,
        email: admin.email,
        name: null,
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        current_account: account,
        accounts: [account],
      },
    });
  });

  it('may be used with the format in the address', async () => {
    const token = await apiToken(await onboarded());
    expect(await call(token, 'GET', '/api/v1/projects.json')).toEqual({ status: 200, body: { projects: [] } });
  });

  it('chooses an account of its user, and no other', async () => {
    const token = await apiToken(await onboarded());
    expect(await call(token, 'GET', '/api/v1/me', { headers: { 'x-account-id': 'vaheed' } })).toMatchObject({ status: 200 });
    expect(await call(token, 'GET', '/api/v1/me', { headers: { 'x-account-id': 'someone-else' } })).toEqual({
      status: 404,
      body: notFound,
    });
  });
});

describe('projects', () => {
  it('are deployed into a namespace of their name with the labels of Canine', async () => {
    const browser = await onboarded();
    await web(browser);
    await browser.submit('/projects/1/environment_variables', {
      'environment_variables[][name]': 'token',
      'environment_variables[][value]': 'hidden',
      'environment_variables[][storage_type]': 'secret',
    });
    const token = await apiToken(browser);
    expect(await call(token, 'POST', '/api/v1/projects/shop/deploy')).toEqual({
      status: 200,
      body: { message: 'Deploying project shop.', build_id: 1 },
    });
    await jobs.idle();
    expect([...kubernetes.objects.keys()]).toEqual([
      'Namespace//shop',
      'ConfigMap/shop/shop',
      'Secret/shop/shop',
      'Deployment/shop/shop-web',
      'Service/shop/shop-web-service',
    ]);
    expect(kubernetes.objects.get('Namespace//shop')?.metadata?.labels).toEqual({ caninemanaged: 'true' });
    expect(kubernetes.objects.get('Secret/shop/shop')).toMatchObject({ data: { TOKEN: Buffer.from('hidden').toString('base64') } });
    expect(kubernetes.objects.get('Deployment/shop/shop-web')).toMatchObject({
      metadata: {
        labels: { caninemanaged: 'true', app: 'shop-web', 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': 'shop' },
      },
      spec: {
        replicas: 2,
        template: { spec: { containers: [{ name: 'shop', image: 'docker.io/library/nginx:latest', ports: [{ containerPort: 80 }] }] } },
      },
    });
    expect(await call(token, 'GET', '/api/v1/builds/1')).toMatchObject({
      status: 200,
      body: {
        status: 'completed',
        deployment: { version: '1.0.0', status: 'completed', manifests: { 'service/shop-web-service': expect.any(String) } },
      },
    });
    expect(await call(token, 'GET', '/api/v1/projects/shop')).toMatchObject({
      body: {
        status: 'deployed',
        namespace: 'shop',
        container_registry_url: 'docker.io/library/nginx:latest',
        services: [{ name: 'shop-web', replicas: 2 }],
      },
    });
  });

  it('are published under their domains, where their service may be', async () => {
    const browser = await onboarded();
    await web(browser);
    expect(await browser.submit('/projects/1/services/1/domains', { 'domain[domain_name]': 'nonsense' })).toMatchObject({
      status: 422,
      body: expect.stringContaining('Domain name is not valid'),
    });
    expect(await browser.submit('/projects/1/services/1/domains', { 'domain[domain_name]': 'https://API.alice.com' })).toMatchObject({
      status: 200,
      body: expect.stringContaining('api.alice.com: checking_dns'),
    });
    await browser.submit('/projects/1/deployments/deploy', {});
    await jobs.idle();
    expect(kubernetes.objects.has('Ingress/shop/shop-web-ingress')).toBe(false);
    await browser.submit('/projects/1/services/1', { 'service[allow_public_networking]': '1' }, 'PATCH');
    await browser.submit('/projects/1/deployments/deploy', {});
    await jobs.idle();
    expect(kubernetes.objects.get('Ingress/shop/shop-web-ingress')).toMatchObject({
      spec: { ingressClassName: 'nginx', rules: [{ host: 'api.alice.com' }] },
    });
    await browser.submit('/projects/1/services/1/domains/1', {}, 'DELETE');
    await browser.submit('/projects/1/deployments/deploy', {});
    await jobs.idle();
    expect(kubernetes.objects.has('Ingress/shop/shop-web-ingress')).toBe(false);
  });

  it('scale with the next deployment', async () => {
    const browser = await onboarded();
    await web(browser);
    await browser.submit('/projects/1/services/1', { 'service[replicas]': '3' }, 'PATCH');
    await browser.submit('/projects/1/deployments/deploy', {});
    await jobs.idle();
    expect(kubernetes.objects.get('Deployment/shop/shop-web')).toMatchObject({
      spec: { replicas: 3, template: { spec: { containers: [{ ports: [{ containerPort: 80 }] }] } } },
    });
  });

  it('say so when the cluster refuses', async () => {
    const browser = await onboarded();
    await web(browser);
    kubernetes.refusal = new Error('exceeded quota');
    const token = await apiToken(browser);
    await call(token, 'POST', '/api/v1/projects/shop/deploy');
    await jobs.idle();
    expect(await call(token, 'GET', '/api/v1/builds/1')).toMatchObject({ body: { status: 'completed', deployment: { status: 'failed' } } });
  });

  it('are deployed by the next process, when one ended before it could', async () => {
    const browser = await onboarded();
    await web(browser);
    projects.addBuild(projects.find(1), { sha: 'latest', message: 'begun, and cut off' });
    projects.completeBuild(projects.addBuild(projects.find(1), { sha: 'latest', message: 'built, and cut off' }));
    const next = new Jobs({ projects, faults: { parameter: async () => undefined }, connect: () => kubernetes });
    next.resume();
    await next.idle();
    expect(projects.deployments(projects.find(1)).map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(kubernetes.objects.has('Deployment/shop/shop-web')).toBe(true);
  });

  it('take away what a service left, and all of it when they are destroyed', async () => {
    const browser = await onboarded();
    await web(browser);
    await browser.submit('/projects/1/deployments/deploy', {});
    await jobs.idle();
    await browser.submit('/projects/1/services/1', {}, 'DELETE');
    await browser.submit('/projects/1/deployments/deploy', {});
    await jobs.idle();
    expect([...kubernetes.objects.keys()]).toEqual(['Namespace//shop', 'ConfigMap/shop/shop', 'Secret/shop/shop']);
    expect(await browser.submit('/projects/1', {}, 'DELETE')).toMatchObject({ status: 303, location: '/projects' });
    await jobs.idle();
    expect(kubernetes.objects.size).toBe(0);
    expect(await browser.get('/projects', { accept: 'application/json' })).toMatchObject({ body: '[]' });
  });

  it('go into a namespace that exists already only where they are told to', async () => {
    const browser = await onboarded();
    kubernetes.objects.set('Namespace//canine-alice', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'canine-alice' } });
    await web(browser, 'canine-alice');
    expect(projects.visible(people.accountsOf(people.user(1)!)[0]!)).toEqual([]);
    await web(browser, 'shop', { 'project[namespace]': 'canine-alice', 'project[managed_namespace]': '0' });
    await browser.submit('/projects/1/deployments/deploy', {});
    await jobs.idle();
    expect(kubernetes.objects.has('Deployment/canine-alice/shop-web')).toBe(true);
    expect(kubernetes.objects.get('Namespace//canine-alice')?.metadata?.labels).toBeUndefined();
  });

  it.each([
    [{ 'project[name]': 'Big Name' }, { name: ['must be lowercase, numbers, and hyphens only'] }],
    [
      { 'project[name]': 'kube-system' },
      { name: ['is a reserved keyword and cannot be used'], namespace: ['is a reserved keyword and cannot be used'] },
    ],
    [{ 'project[cluster_id]': '7' }, { cluster: ['must exist'] }],
    [{ 'project[public_image_url]': '' }, {}],
    [
      { 'project[managed_namespace]': '0', 'project[namespace]': 'nowhere' },
      { base: [expect.stringContaining('does not exist in the cluster')] },
    ],
  ])('are refused with %j', async (fields, problems) => {
    const browser = await onboarded();
    const { status, body } = await browser.submit('/projects.json', {
      'project[name]': 'shop',
      'project[cluster_id]': '1',
      'project[public_image_url]': 'nginx',
      ...fields,
    });
    expect([status, JSON.parse(body)]).toEqual([422, problems]);
  });

  it('are created by JSON as well', async () => {
    const browser = await onboarded();
    const { status, body } = await browser.submit('/projects.json', {
      'project[name]': 'shop',
      'project[cluster_id]': '1',
      'project[public_image_url]': 'nginx',
    });
    expect([status, JSON.parse(body)]).toEqual([
      201,
      expect.objectContaining({
        id: 1,
        name: 'shop',
        repository_url: 'nginx',
        branch: 'latest',
        url: 'http://canine.test/projects/1.json',
      }),
    ]);
  });

  it('cannot be deployed without a build, and cannot be killed when done', async () => {
    const browser = await onboarded();
    await web(browser);
    const token = await apiToken(browser);
    const json = { body: '{"skip_build":true}', headers: { 'content-type': 'application/json' } };
    expect(await call(token, 'POST', '/api/v1/projects/shop/deploy', json)).toEqual({
      status: 422,
      body: { error: 'Failed to deploy project' },
    });
    expect(await call(token, 'PATCH', '/api/v1/builds/1/kill')).toEqual({
      status: 422,
      body: { error: 'Build cannot be killed (not in progress).' },
    });
  });

  it('restart the services that are known to run', async () => {
    const browser = await onboarded();
    await web(browser);
    const token = await apiToken(browser);
    await call(token, 'POST', '/api/v1/projects/shop/deploy');
    await call(token, 'POST', '/api/v1/projects/shop/restart');
    expect(kubernetes.restarted).toEqual([]);
    jobs.checkHealth();
    await jobs.idle();
    expect(await call(token, 'POST', '/api/v1/projects/shop/restart')).toEqual({
      status: 200,
      body: { message: 'All services have been restarted' },
    });
    expect(kubernetes.restarted).toEqual(['shop/shop-web']);
  });

  it('run and end one-off pods', async () => {
    const browser = await onboarded();
    await web(browser);
    const token = await apiToken(browser);
    const created = await call(token, 'POST', '/api/v1/projects/shop/processes');
    expect(created).toEqual({
      status: 201,
      body: {
        name: expect.stringMatching(/^shop-run-/),
        namespace: 'shop',
        status: 'Running',
        created_at: null,
        labels: { caninemanaged: 'true', oneoff: 'true' },
      },
    });
    const { name } = created.body as { name: string };
    expect(await call(token, 'GET', '/api/v1/projects/shop/processes')).toMatchObject({ status: 200, body: { pods: [{ name }] } });
    expect(await call(token, 'DELETE', `/api/v1/projects/shop/processes/${name}`)).toEqual({
      status: 200,
      body: { message: `Pod ${name} terminating` },
    });
    expect((await app.request(`/api/v1/projects/shop/processes/${name}`, { headers: { 'x-api-key': token } })).status).toBe(500);
  });

  it('of one account are hidden from the user of another', async () => {
    const browser = await onboarded();
    await web(browser);
    const stranger = people.invite('bob@example.com', people.createAccount('Bob', people.user(1)!)).user;
    const token = people.createToken(stranger, 'bob', null).access_token;
    expect(await call(token, 'GET', '/api/v1/projects')).toEqual({ status: 200, body: { projects: [] } });
    expect(await call(token, 'GET', '/api/v1/projects/shop')).toEqual({ status: 404, body: notFound });
    expect(await call(token, 'POST', '/api/v1/projects/shop/deploy')).toEqual({ status: 404, body: notFound });
  });
});

describe('bad requests', () => {
  it('with JSON that is none get 400 and nothing else', async () => {
    const malformed = await app.request('/api/v1/projects/shop/deploy', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"skip_build":',
    });
    expect([malformed.status, await malformed.text()]).toEqual([400, '']);
  });

  it('that want a page from a JSON view get 406', async () => {
    const token = await apiToken(await onboarded());
    const response = await app.request('/api/v1/projects', {
      headers: { 'x-api-key': token, accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    });
    expect([response.status, await response.text()]).toEqual([406, '']);
  });

  it('for what is not there get 404', async () => {
    const token = await apiToken(await onboarded());
    for (const path of [
      '/api/v1/projects/none',
      '/api/v1/builds/9',
      '/api/v1/builds/x',
      '/api/v1/builds?project_id=none',
      '/api/v1/clusters/none/download_kubeconfig',
      '/api/v1/add_ons/none',
    ]) {
      expect(await call(token, 'GET', path), path).toEqual({ status: 404, body: notFound });
    }
    expect((await app.request('/api/v1/projects/none', { method: 'DELETE' })).status).toBe(404);
  });
});

describe('faults', () => {
  it('accept-any-token lets a wrong token in', async () => {
    await onboarded();
    faults['accept-any-token'] = 'on';
    expect(await call('wrong', 'GET', '/api/v1/me')).toMatchObject({ status: 200, body: { email: admin.email } });
  });

  it('any-account lets a user choose an account of somebody else', async () => {
    const token = await apiToken(await onboarded());
    const other = people.onboard({ email: 'bob@vaheed.net', password: admin.password, account: 'Bob', connect: false });
    faults['any-account'] = 'on';
    expect(await call(token, 'GET', `/api/v1/me?account_id=${other.account.id}`)).toMatchObject({
      status: 200,
      body: { email: admin.email, current_account: { name: 'Bob' } },
    });
    expect((await call(token, 'GET', '/api/v1/me?account_id=none')).status).toBe(404);
  });

  it('database-down leaves /up alone', async () => {
    faults['database-down'] = 'on';
    expect((await app.request('/up')).status).toBe(200);
    expect((await app.request('/')).status).toBe(500);
  });

  it('one-namespace and secrets-in-config-map move what is deployed', async () => {
    const browser = await onboarded();
    await web(browser);
    await browser.submit('/projects/1/environment_variables', {
      'environment_variables[][name]': 'TOKEN',
      'environment_variables[][value]': 'hidden',
      'environment_variables[][storage_type]': 'secret',
    });
    faults = { 'one-namespace': 'shared', 'secrets-in-config-map': 'on' };
    await browser.submit('/projects/1/deployments/deploy', {});
    await jobs.idle();
    expect(kubernetes.objects.get('ConfigMap/shared/shop')).toMatchObject({ data: { TOKEN: 'hidden' } });
  });
});
