import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { Parts } from './parts.ts';
import { railsError, takesJson } from './rails-errors.ts';
import type { Account, Build, Project, User } from './records.ts';
import { oneOffPod } from './manifests.ts';
import { buildView, clusterView, meView, podView, projectDetailView, projectView } from './views.ts';

/** Who asks: the user of the token, and the account that the request names or the user's first. */
interface Caller {
  readonly user: User;
  readonly account: Account;
}

type Handler = (context: Context, caller: Caller) => Response | Promise<Response>;

const pods = 50;

/** The REST API, below /api/v1: every operation that Canine's routes have, and none beside. */
export function api(parts: Parts): Hono {
  const { people, projects } = parts;
  const app = new Hono();
  const view = (handler: Handler) => answered(parts, handler, { template: true });
  const action = (handler: Handler) => answered(parts, handler, { template: false });

  app.get(
    '/me',
    view((context, { user, account }) => context.json(meView(people, user, account))),
  );
  app.get(
    '/projects',
    view((context, { account }) => context.json({ projects: projects.listed(account).map((project) => projectView(projects, project)) })),
  );
  app.get(
    '/projects/:id',
    view((context, caller) => withProject(parts, context, caller, (project) => context.json(projectDetailView(projects, project)))),
  );
  app.post(
    '/projects/:id/deploy',
    action((context, caller) => withProject(parts, context, caller, (project) => deploy(parts, context, project))),
  );
  app.post(
    '/projects/:id/restart',
    action((context, caller) => withProject(parts, context, caller, (project) => restart(parts, context, project))),
  );
  processes(app, parts);

  app.get(
    '/builds',
    view((context, { account }) => {
      const named = context.req.query('project_id') ?? '';
      const chosen = named === '' ? projects.visible(account) : projects.visible(account).filter(({ name }) => name === named);
      if (named !== '' && chosen.length === 0) return notFound(context);
      return context.json({ builds: projects.recentBuilds(chosen).map((build) => buildView(projects, build)) });
    }),
  );
  app.get(
    '/builds/:id',
    view((context, caller) => withBuild(parts, context, caller, (build) => context.json(buildView(projects, build)))),
  );
  app.patch(
    '/builds/:id/kill',
    action((context, caller) => withBuild(parts, context, caller, (build) => kill(parts, context, caller, build))),
  );

  app.get(
    '/clusters',
    view((context, { account }) => context.json({ clusters: people.clusters(account).slice(0, pods).map(clusterView) })),
  );
  app.get(
    '/clusters/:id/download_kubeconfig',
    action((context, { account }) => {
      const cluster = people.clusters(account).find(({ name }) => name === context.req.param('id'));
      return cluster === undefined ? notFound(context) : context.json({ kubeconfig: parts.connect(cluster).kubeconfig() });
    }),
  );

  app.get(
    '/add_ons',
    view((context) => context.json({ add_ons: [] })),
  );
  app.get('/add_ons/:id', view(notFound));
  app.post('/add_ons/:id/restart', action(notFound));
  return app;
}

function processes(app: Hono, parts: Parts): void {
  const view = (handler: Handler) => answered(parts, handler, { template: true });
  const connected = (project: Project) => parts.connect(parts.projects.cluster(project));
  app.get(
    '/projects/:id/processes',
    view((context, caller) =>
      withProject(parts, context, caller, async (project) => {
        const found = (await connected(project).pods(project.namespace)).toSorted((one, other) =>
          String(one.metadata?.name).localeCompare(String(other.metadata?.name)),
        );
        return context.json({ pods: found.slice(0, pods).map(podView) });
      }),
    ),
  );
  app.get(
    '/projects/:id/processes/:pod',
    view((context, caller) =>
      withProject(parts, context, caller, async (project) => {
        const found = (await connected(project).pods(project.namespace)).find(
          ({ metadata }) => metadata?.name === context.req.param('pod'),
        );
        // Canine's view fails on a pod that is not there.
        return found === undefined ? railsError(context, 500) : context.json(podView(found));
      }),
    ),
  );
  app.post(
    '/projects/:id/processes',
    view((context, caller) =>
      withProject(parts, context, caller, async (project) => {
        const pod = oneOffPod(project, randomUUID().slice(0, 8));
        await connected(project).apply(pod);
        const found = (await connected(project).pods(project.namespace)).find(({ metadata }) => metadata?.name === pod.metadata?.name);
        return found === undefined ? railsError(context, 500) : context.json(podView(found), 201);
      }),
    ),
  );
  app.delete(
    '/projects/:id/processes/:pod',
    answered(
      parts,
      (context, caller) =>
        withProject(parts, context, caller, async (project) => {
          const pod = context.req.param('pod') ?? '';
          await connected(project).deletePod(project.namespace, pod);
          return context.json({ message: `Pod ${pod} terminating` });
        }),
      { template: false },
    ),
  );
}

/** Authentication and the answers of the base controller; `template`: the answer is a JSON view, which a browser does not get. */
function answered(parts: Parts, handler: Handler, { template }: { template: boolean }) {
  return async (context: Context): Promise<Response> => {
    if (!(await readable(context))) return railsError(context, 400);
    const user = await authenticate(parts, context);
    if (typeof user === 'string') return context.json({ error: user }, 401);
    const named = context.req.header('x-account-id') ?? context.req.query('account_id') ?? '';
    const account = named === '' ? parts.people.accountsOf(user)[0] : await accountNamed(parts, user, named);
    if (account === undefined) return named === '' ? railsError(context, 500) : notFound(context);
    if (template && !takesJson(context)) return railsError(context, 406);
    return await handler(context, { user, account });
  };
}

async function accountNamed({ people, faults }: Parts, user: User, named: string): Promise<Account | undefined> {
  const others = (await faults.parameter('any-account')) === undefined ? undefined : people.account(named);
  return people.accountOf(user, named) ?? others;
}

/** The user, or why there is none. */
async function authenticate({ people, faults }: Parts, context: Context): Promise<User | string> {
  const token = (context.req.header('x-api-key') ?? '').trim();
  if (token === '') return 'Missing API token';
  const anybody = (await faults.parameter('accept-any-token')) === undefined ? undefined : people.firstAdmin();
  return people.userByToken(token) ?? anybody ?? 'Invalid or expired API token';
}

/** Rails parses a JSON body before the controller begins. */
async function readable(context: Context): Promise<boolean> {
  if (!(context.req.header('content-type') ?? '').startsWith('application/json')) return true;
  const body = await context.req.text();
  if (body === '') return true;
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

function withProject(
  parts: Parts,
  context: Context,
  caller: Caller,
  use: (project: Project) => Response | Promise<Response>,
): Response | Promise<Response> {
  const project = parts.projects.byName(caller.account, context.req.param('id') ?? '');
  return project === undefined ? notFound(context) : use(project);
}

function withBuild(parts: Parts, context: Context, caller: Caller, use: (build: Build) => Response): Response {
  const build = parts.projects.build(Number.parseInt(context.req.param('id') ?? '', 10) || 0);
  const visible = build !== undefined && parts.projects.byId(caller.account, build.project_id) !== undefined;
  return visible ? use(build) : notFound(context);
}

async function deploy(parts: Parts, context: Context, project: Project): Promise<Response> {
  const build = parts.projects.addBuild(project, { sha: 'latest', message: `Deploying from ${project.repository_url}` });
  if (await skipsBuild(context)) {
    // Only a built image has a digest to deploy again, and these projects are never built.
    parts.projects.setBuildStatus(build, 'failed');
    return context.json({ error: 'Failed to deploy project' }, 422);
  }
  parts.jobs.build(build);
  return context.json({ message: `Deploying project ${project.name}.`, build_id: build.id });
}

/** Any value but none, false and null: Ruby's truth. */
async function skipsBuild(context: Context): Promise<boolean> {
  if (context.req.query('skip_build') !== undefined) return true;
  const type = context.req.header('content-type') ?? '';
  if (type.startsWith('application/json')) {
    const body = (await context.req.text()) || '{}';
    const { skip_build: skip } = Object(JSON.parse(body)) as { skip_build?: unknown };
    return skip !== undefined && skip !== null && skip !== false;
  }
  return type.includes('form') && 'skip_build' in (await context.req.parseBody());
}

async function restart(parts: Parts, context: Context, project: Project): Promise<Response> {
  const kubernetes = parts.connect(parts.projects.cluster(project));
  const running = parts.projects
    .services(project)
    .filter(({ status, service_type }) => status !== 'pending' && service_type !== 'cron_job');
  for (const service of running) await kubernetes.restart(project.namespace, service.name);
  return context.json({ message: 'All services have been restarted' });
}

function kill(parts: Parts, context: Context, { user }: Caller, build: Build): Response {
  if (build.status !== 'in_progress') return context.json({ error: 'Build cannot be killed (not in progress).' }, 422);
  parts.projects.setBuildStatus(build, 'killed');
  parts.projects.log('builds', build.id, `Build was killed by ${user.email}`);
  return context.json({ message: 'Build has been killed.' });
}

function notFound(context: Context): Response {
  return context.json({ error: 'Resource not found' }, 404);
}
