import { nonce } from '../../../harness/engine/stable-key.ts';
import type { HttpAnswer } from '../../../harness/platform/kubernetes/port-forward.ts';
import {
  type AppOperations,
  type Ask,
  type CanineApi,
  type NewApp,
  type Operation,
  type Person,
  Refused,
  type Tenant,
  type UserOperations,
  answerText,
  answered,
  json,
} from './api.ts';
import { Dashboard, type Fields, idBeside } from './dashboard.ts';

/** Where requests go, and who is an administrator of what answers them. */
export interface CanineAccess {
  readonly ask: Ask;
  /** What the Secrets of Canine's namespace hold. */
  readonly keys: () => Promise<readonly string[]>;
  readonly admin: () => Promise<Person>;
  /** Told before Canine makes a namespace. */
  readonly makesNamespace: (name: string) => Promise<void>;
}

const members = '/accounts/account_users';

/**
 * The same operations as Canine really has them (E37; CanineHQ/canine, config/routes.rb of August 2026): REST with X-API-Key
 * for what runs, and the dashboard's forms for users, applications, variables and domains.
 */
export function upstreamApi(access: CanineAccess): CanineApi {
  const { ask, keys } = access;
  const undo: (() => Promise<unknown>)[] = [];
  const withToken: CanineApi['withToken'] = ({ method, path, body }, token) =>
    ask({
      method,
      path,
      headers: { accept: 'application/json', ...(token === undefined ? {} : { 'x-api-key': token }) },
      ...(body === undefined ? {} : { body }),
    });
  const adminToken = once(async () => {
    const found = await keys();
    for (const key of found) if ((await withToken({ method: 'GET', path: '/api/v1/me' }, key)).status === 200) return key;
    throw new Refused(`none of ${found.length} values in the Secrets of the namespace canine is a key that Canine takes`);
  });
  const call: Call = async (method, path) => {
    const operation = { method, path };
    return json(answered(await withToken(operation, await adminToken()), operation, [200, 201]), operation);
  };
  const dashboard = once(async () => Dashboard.logIn(ask, await access.admin()));
  const parts: Parts = { ...access, withToken, call, dashboard, undo };
  return {
    ask,
    operations,
    withToken,
    adminToken,
    revokedToken: async () => {
      const visitor = await dashboard();
      const { token, id } = await newToken(visitor);
      answered(await withToken({ method: 'GET', path: '/api/v1/me' }, token), { method: 'GET', path: '/api/v1/me' }, [200]);
      await visitor.done('DELETE', `/api_tokens/${id}`);
      return token;
    },
    tenant: (person, kubeconfig) => tenant(parts, person, kubeconfig),
    listUsers: async () =>
      [...answered(await (await dashboard()).get(members), { method: 'GET', path: members }, [200]).body.matchAll(/[\w.+-]+@[\w.-]+/g)].map(
        ([email]) => email,
      ),
    user: (person) => userOperations(parts, person),
    listApps: async () =>
      ((await call('GET', '/api/v1/projects')) as { projects: { name: string; container_registry_url: string }[] }).projects.map(
        ({ name, container_registry_url: image }) => ({
          name,
          repository: image.slice(0, image.lastIndexOf(':')),
          branch: image.slice(image.lastIndexOf(':') + 1),
        }),
      ),
    app: (app) => appOperations(parts, app),
    removeAll: async () => {
      for (const each of undo.toReversed()) await each().catch(onlyRefused);
    },
  };
}

type Call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string) => Promise<unknown>;

interface Parts extends CanineAccess {
  readonly withToken: CanineApi['withToken'];
  /** As the administrator. */
  readonly call: Call;
  /** As the administrator. */
  readonly dashboard: () => Promise<Dashboard>;
  readonly undo: (() => Promise<unknown>)[];
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

function onlyRefused(error: unknown): void {
  if (!(error instanceof Refused)) throw error;
}

/** config/routes.rb, namespace api/v1. */
function operations(app: string): [Operation, ...Operation[]] {
  const reads = [
    '/me',
    '/projects',
    `/projects/${app}`,
    `/projects/${app}/processes`,
    `/projects/${app}/processes/none`,
    '/builds',
    '/builds/1',
    '/clusters',
    '/clusters/in-cluster/download_kubeconfig',
    '/add_ons',
    '/add_ons/none',
  ];
  const writes = [
    `POST /projects/${app}/deploy`,
    `POST /projects/${app}/restart`,
    `POST /projects/${app}/processes`,
    `DELETE /projects/${app}/processes/none`,
    'PATCH /builds/1/kill',
    'POST /add_ons/none/restart',
  ];
  const [first = '', ...rest] = reads.map((path) => `GET ${path}`);
  const operation = (text: string): Operation => ({
    method: text.split(' ')[0] as Operation['method'],
    path: `/api/v1${text.split(' ')[1] ?? ''}`,
  });
  return [operation(first), ...[...rest, ...writes].map(operation)];
}

/** A key of whoever visits; the page shows it in full this once. */
async function newToken(visitor: Dashboard): Promise<{ token: string; id: string }> {
  const name = `conform-${nonce()}`;
  await visitor.done('POST', '/api_tokens', { 'api_token[name]': name });
  const page = await visitor.get('/api_tokens');
  const row = page.body.split('<tr').find((each) => each.includes(name)) ?? '';
  const token = /data-clipboard-text="([^"]+)"/.exec(row)?.[1];
  if (token === undefined) throw new Refused(`GET /api_tokens: ${answerText(page)}, and no new key on the page`);
  return { token, id: idBeside(page, name, '/api_tokens') };
}

/** Adds somebody to the account of whoever visits; a new user's first password is on the page that answers. */
async function invite(visitor: Dashboard, email: string): Promise<string | undefined> {
  const answer = answered(
    await visitor.submit('POST', members, { 'user[email]': email }, { accept: 'text/vnd.turbo-stream.html, text/html' }),
    { method: 'POST', path: members },
    [200, 302, 303],
  );
  return /Temporary Password[\s\S]*?(?:<code[^>]*>|: )([^<\s]+)/.exec(answer.body)?.[1];
}

async function removeMember(visitor: Dashboard, email: string): Promise<HttpAnswer> {
  const id = idBeside(await visitor.get(members), email, members);
  return visitor.done('DELETE', `${members}/${id}`);
}

function userOperations({ ask, dashboard, withToken, undo }: Parts, { email }: Person): UserOperations {
  let current = '';
  let token: string | undefined;
  const own = (): Promise<Dashboard> => Dashboard.logIn(ask, { email, password: current });
  const me: Operation = { method: 'GET', path: '/api/v1/me' };
  const asked = async (): Promise<{ email?: string }> => {
    token ??= (await newToken(await own())).token;
    return json(answered(await withToken(me, token), me, [200]), me) as { email?: string };
  };
  return {
    create: async () => {
      const given = await invite(await dashboard(), email);
      if (given === undefined) throw new Refused(`POST ${members}: no first password on the page`);
      // The user ends his own registration (Devise), with everything that he owns.
      undo.push(async () => (await own()).done('DELETE', '/users'));
      current = given;
      return given;
    },
    fetch: async () => String((await asked()).email),
    setPassword: async (chosen) => {
      await Dashboard.firstLogIn(ask, { email, password: current }, chosen);
      current = chosen;
    },
    suspend: async () => void (await removeMember(await dashboard(), email)),
    restore: async () => void (await invite(await dashboard(), email)),
    logIn: async (password) => void (await Dashboard.logIn(ask, { email, password })),
    useApi: async () => void (await asked()),
  };
}

/** Makes a project of whoever visits, and returns its number. */
async function newProject(visitor: Dashboard, fields: Fields): Promise<number> {
  const request = { method: 'POST', path: '/projects.json' } as const;
  const { id } = json(
    answered(await visitor.submit('POST', request.path, fields, { accept: 'application/json' }), request, [201]),
    request,
  ) as { id?: unknown };
  if (typeof id !== 'number') throw new Refused('POST /projects.json: no number in the answer');
  return id;
}

interface Variable {
  readonly id: number;
  readonly name: string;
}

function appOperations(
  { call, dashboard, makesNamespace, undo }: Parts,
  { name, repository, branch, command, port }: NewApp,
): AppOperations {
  let id = 0;
  const service = async (): Promise<string> => {
    const { services } = (await call('GET', `/api/v1/projects/${name}`)) as { services: { id: number }[] };
    return `/projects/${id}/services/${services[0]?.id ?? 0}`;
  };
  const builds = async (): Promise<string[]> =>
    ((await call('GET', `/api/v1/builds?project_id=${name}`)) as { builds: { id: number }[] }).builds.map((each) => String(each.id));
  const deploy = async (): Promise<string> =>
    String(((await call('POST', `/api/v1/projects/${name}/deploy`)) as { build_id: number }).build_id);
  const known = async (): Promise<Variable[]> => variablesOn(await (await dashboard()).get(`/projects/${id}/environment_variables`));
  return {
    create: async () => {
      const { clusters } = (await call('GET', '/api/v1/clusters')) as { clusters: { id: number }[] };
      await makesNamespace(name);
      const visitor = await dashboard();
      id = await newProject(visitor, {
        'project[name]': name,
        'project[cluster_id]': String(clusters[0]?.id ?? 0),
        'project[public_image_url]': `${repository}:${branch}`,
      });
      undo.push(() => visitor.done('DELETE', `/projects/${id}`));
      await visitor.done('POST', `/projects/${id}/services`, {
        'service[name]': `${name}-web`,
        'service[service_type]': 'web_service',
        'service[container_port]': String(port),
        'service[replicas]': '1',
        'service[command]': command,
      });
    },
    deploy,
    deployments: builds,
    latestStatus: async () => {
      const [newest] = await builds();
      const { status, deployment } = (await call('GET', `/api/v1/builds/${newest ?? 0}`)) as {
        status: string;
        deployment: { status: string } | null;
      };
      return deployment?.status ?? status;
    },
    setVariable: async (key, value) => {
      const kept = (await known()).flatMap((each): [string, string][] => [
        ['environment_variables[][name]', each.name],
        ['environment_variables[][value]', ''],
        ['environment_variables[][keep_existing_value]', 'true'],
      ]);
      const added: [string, string][] = [
        ['environment_variables[][name]', key],
        ['environment_variables[][value]', value],
        ['environment_variables[][storage_type]', 'secret'],
      ];
      await (await dashboard()).done('POST', `/projects/${id}/environment_variables`, [...kept, ...added]);
    },
    variables: async () => (await known()).map((each) => each.name),
    deleteVariable: async (key) => {
      const found = (await known()).find((each) => each.name === key);
      if (found === undefined) throw new Refused(`there is no variable ${key}`);
      await (await dashboard()).done('DELETE', `/projects/${id}/environment_variables/${found.id}`);
    },
    scale: async (replicas) => {
      await (await dashboard()).done('PATCH', await service(), { 'service[replicas]': String(replicas) });
      await deploy();
    },
    addDomain: async (domain) => {
      const path = await service();
      const visitor = await dashboard();
      answered(
        await visitor.submit('POST', `${path}/domains`, { 'domain[domain_name]': domain }),
        { method: 'POST', path: `${path}/domains` },
        [200, 302, 303],
      );
      await visitor.done('PATCH', path, { 'service[allow_public_networking]': '1' });
      await deploy();
    },
    delete: async () => void (await (await dashboard()).done('DELETE', `/projects/${id}`)),
  };
}

/** What the page hands to its script, as JSON in an attribute (app/views/projects/environment_variables). */
function variablesOn(page: HttpAnswer): Variable[] {
  const attribute = /data-environment-variables-vars-value="([^"]*)"/.exec(page.body)?.[1];
  if (attribute === undefined) throw new Refused(`the environment variables: ${answerText(page)}, and no list on the page`);
  return JSON.parse(attribute.replaceAll('&quot;', '"').replaceAll('&amp;', '&')) as Variable[];
}

/** A user in an account of his own, with a cluster and a project in it, deployed once. */
async function tenant(parts: Parts, person: Person, kubeconfig: string): Promise<Tenant> {
  const { ask, dashboard, withToken } = parts;
  const admin = await dashboard();
  const user = userOperations(parts, person);
  await user.create();
  await user.setPassword(person.password);
  const visitor = await Dashboard.logIn(ask, person);
  const account = person.email.split('@')[0] ?? '';
  await visitor.done('POST', '/accounts', { 'account[name]': account });
  await removeMember(admin, person.email);
  const { token } = await newToken(visitor);
  await visitor.done('POST', '/clusters', { 'cluster[name]': account, 'cluster[cluster_type]': 'k8s', 'cluster[kubeconfig]': kubeconfig });
  const own = async (method: Operation['method'], path: string): Promise<unknown> => {
    const operation = { method, path };
    return json(answered(await withToken(operation, token), operation, [200]), operation);
  };
  const { clusters } = (await own('GET', '/api/v1/clusters')) as { clusters: { id: number }[] };
  const app = `${account}-app`;
  const ownId = await newProject(visitor, {
    'project[name]': app,
    'project[cluster_id]': String(clusters[0]?.id ?? 0),
    'project[public_image_url]': 'registry.k8s.io/pause:3.10',
  });
  const { build_id: build } = (await own('POST', `/api/v1/projects/${app}/deploy`)) as { build_id: number };
  const projectOf = async (named: Tenant): Promise<{ id: number }> => {
    const operation: Operation = { method: 'GET', path: `/api/v1/projects/${named.app}` };
    return json(answered(await withToken(operation, named.token), operation, [200]), operation) as { id: number };
  };
  const setVariable = async (project: number): Promise<void> =>
    void (await visitor.submit('POST', `/projects/${project}/environment_variables`, { text_content: 'CONFORM=attacked' }));
  return {
    token,
    account,
    app,
    build: String(build),
    state: async () => {
      const page = await visitor.get(`/projects/${ownId}/environment_variables`);
      // Where the application is gone, so is its page.
      const variables =
        page.status === 200
          ? variablesOn(page)
              .map(({ name }) => name)
              .join(', ') || 'none'
          : answerText(page);
      const [{ builds }, { projects }, me] = (await Promise.all(
        ['builds', 'projects', 'me'].map((path) => own('GET', `/api/v1/${path}`)),
      )) as [{ builds: { id: number }[] }, { projects: { name: string }[] }, { email: string }];
      return `${me.email}; projects ${projects.map(({ name }) => name).join(', ')}; builds ${builds.map(({ id }) => id).join(', ')}; variables ${variables}`;
    },
    setVariable: async (of) => setVariable((await projectOf(of)).id),
    attack: async (other) => {
      const { id } = await projectOf(other);
      await visitor.submit('DELETE', `/projects/${id}`);
      await visitor.submit('POST', `/projects/${id}/deployments/deploy`);
      await setVariable(id);
    },
  };
}
