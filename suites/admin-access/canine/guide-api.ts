import { randomBytes } from 'node:crypto';
import type { HttpRequest } from '../../../harness/platform/kubernetes/port-forward.ts';
import {
  type AppOperations,
  type Ask,
  type CanineApi,
  type NewApp,
  type Operation,
  type Person,
  Refused,
  type UserOperations,
  answered,
  json,
} from './api.ts';
import { Dashboard } from './dashboard.ts';

/** The guide's own numbers: its example is user 2 and application 1. */
const exampleUser = 2;
const exampleApp = 1;
const ok = [200, 201, 202, 204];

/** Guide: Canine, Step 7, the operations as they are written there: REST for everything, with a bearer token. */
export function guideApi(ask: Ask, keys: () => Promise<readonly string[]>): CanineApi {
  const adminToken = async (): Promise<string> => {
    const found = await keys();
    const operation: Operation = { method: 'GET', path: '/api/v1/users' };
    for (const key of found) if ((await withToken(operation, key)).status === 200) return key;
    throw new Refused(
      `${found.length === 0 ? 'no Secret of the namespace canine holds a key' : `none of ${found.length} values in the Secrets of the namespace canine is taken`} at GET /api/v1/users`,
    );
  };
  const withToken: CanineApi['withToken'] = ({ method, path, body }, token) =>
    ask({
      method,
      path,
      headers: {
        accept: '*/*',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body }),
    });
  // The reader pastes a token; where there is none, this is what stands in the guide.
  const call = async (method: HttpRequest['method'], path: string, body?: object): Promise<unknown> => {
    const token = await adminToken().catch((error: unknown) => {
      if (error instanceof Refused) return 'your-admin-api-token-here';
      throw error;
    });
    const operation: Operation = { method, path, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return json(answered(await withToken(operation, token), operation, ok), operation);
  };
  return {
    ask,
    operations: () => operations,
    withToken,
    adminToken,
    // The guide's operations neither make nor revoke keys: one that never was any.
    revokedToken: async () => randomBytes(16).toString('hex'),
    tenant: async () => {
      throw new Refused('the operations of the guide make no user');
    },
    listUsers: async () => (await list(call('GET', '/api/v1/users'))).map(({ email }) => String(email)),
    user: (person) => userOperations({ ask, call }, person),
    listApps: async () =>
      (await list(call('GET', '/api/v1/applications'))).map(({ name, repository, branch }) => ({
        name: String(name),
        repository: String(repository),
        branch: String(branch),
      })),
    app: (app) => appOperations(call, app),
    removeAll: async () => undefined,
  };
}

type Call = (method: HttpRequest['method'], path: string, body?: object) => Promise<unknown>;

async function list(answer: Promise<unknown>): Promise<readonly Record<string, unknown>[]> {
  const listed = await answer;
  if (!Array.isArray(listed)) throw new Refused('a list was asked for, and none came');
  return listed as Record<string, unknown>[];
}

const operations = [
  { method: 'GET', path: '/api/v1/users' },
  { method: 'POST', path: '/api/v1/users', body: '{"email":"alice@example.com","password":"SecurePass!123","name":"Alice"}' },
  { method: 'GET', path: `/api/v1/users/${exampleUser}` },
  { method: 'PATCH', path: `/api/v1/users/${exampleUser}`, body: '{"suspended":true}' },
  { method: 'GET', path: '/api/v1/applications' },
  {
    method: 'POST',
    path: '/api/v1/applications',
    body: '{"name":"my-api","repository":"https://github.com/alice/my-api","branch":"main","user_id":2}',
  },
  { method: 'POST', path: `/api/v1/applications/${exampleApp}/deploy` },
  { method: 'GET', path: `/api/v1/applications/${exampleApp}/deployments` },
  { method: 'GET', path: `/api/v1/applications/${exampleApp}/deployments/latest` },
  {
    method: 'POST',
    path: `/api/v1/applications/${exampleApp}/environment_variables`,
    body: '{"key":"DATABASE_URL","value":"postgres://user:pass@host/db"}',
  },
  { method: 'GET', path: `/api/v1/applications/${exampleApp}/environment_variables` },
  { method: 'DELETE', path: `/api/v1/applications/${exampleApp}/environment_variables/DATABASE_URL` },
  { method: 'PATCH', path: `/api/v1/applications/${exampleApp}`, body: '{"replicas": 3}' },
  { method: 'POST', path: `/api/v1/applications/${exampleApp}/domains`, body: '{"domain":"api.alice.com"}' },
  { method: 'DELETE', path: `/api/v1/applications/${exampleApp}` },
] as const satisfies readonly Operation[];

function userOperations({ ask, call }: { ask: Ask; call: Call }, { email, password }: Person): UserOperations {
  let id: unknown = exampleUser;
  const own = (): string => `/api/v1/users/${String(id)}`;
  return {
    create: async () => {
      ({ id } = (await call('POST', '/api/v1/users', { email, password, name: 'conform' })) as { id: unknown });
      return password;
    },
    fetch: async () => String(((await call('GET', own())) as { email?: unknown }).email),
    setPassword: async (chosen) => void (await call('PATCH', own(), { password: chosen })),
    suspend: async () => void (await call('PATCH', own(), { suspended: true })),
    restore: async () => void (await call('PATCH', own(), { suspended: false })),
    logIn: async (chosen) => void (await Dashboard.logIn(ask, { email, password: chosen })),
    useApi: async () => {
      throw new Refused("the guide names no operation for a user's own key");
    },
  };
}

function appOperations(call: Call, { name, repository, branch }: NewApp): AppOperations {
  let id: unknown = exampleApp;
  const own = (path = ''): string => `/api/v1/applications/${String(id)}${path}`;
  return {
    create: async () =>
      void ({ id } = (await call('POST', '/api/v1/applications', { name, repository, branch, user_id: exampleUser })) as { id: unknown }),
    deploy: async () => String(((await call('POST', own('/deploy'))) as { id?: unknown }).id),
    deployments: async () => (await list(call('GET', own('/deployments')))).map((each) => String(each['id'])),
    latestStatus: async () => String(((await call('GET', own('/deployments/latest'))) as { status?: unknown }).status),
    setVariable: async (key, value) => void (await call('POST', own('/environment_variables'), { key, value })),
    variables: async () => (await list(call('GET', own('/environment_variables')))).map(({ key }) => String(key)),
    deleteVariable: async (key) => void (await call('DELETE', own(`/environment_variables/${key}`))),
    scale: async (replicas) => void (await call('PATCH', own(), { replicas })),
    addDomain: async (domain) => void (await call('POST', own('/domains'), { domain })),
    delete: async () => void (await call('DELETE', own())),
  };
}
