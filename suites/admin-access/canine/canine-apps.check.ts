import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { assignedAddress } from '../../../harness/platform/metallb/load-balancer.ts';
import { type EchoPod, echoPod } from '../../fixtures/echo-group.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { outcomeText } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { AppOperations, NewApp } from './api.ts';
import { newApp, withCanine } from './canine.ts';
import { type Step, does, inOrder, lists } from './in-order.ts';
import { requirements } from '../requirements.ts';

/** Register, ADM-CANINE-APPS and ADM-CANINE-SCALE: within 120 s. */
const promisedMs = 120_000;
const options = { uses: ['canine'], deadlineMs: 300_000 } as const;

check(
  requirements['ADM-CANINE-APPS'],
  (context) =>
    withCanine(context, async (canine) => {
      const [planned, other] = [newApp(), newApp()];
      const app = canine.app(planned);
      const text = ({ name, repository, branch }: NewApp): string => `${name} of ${repository}, ${branch}`;
      const listed = async (): Promise<string[]> =>
        (await canine.listApps()).map(({ name, repository, branch }) => `${name} of ${repository}, ${branch}`);
      await inOrder(context, [
        does('the applications are listed', listed),
        does('an application is created', () => app.create()),
        does('another one is created', () => canine.app(other).create()),
        lists('the application with its repository and branch', text(planned), listed),
        ...deployed(context, { app, planned }),
        does('it is deleted', () => app.delete()),
        { subject: 'its namespace, with all that ran in it', expected: 'gone', see: () => namespaceGone(context, planned.name) },
        lists('the other one, left alone', text(other), listed),
        {
          subject: 'the deleted one among the applications',
          expected: 'no',
          see: async () => ((await listed()).includes(text(planned)) ? 'yes' : 'no'),
        },
      ]);
    }),
  options,
);

check(
  requirements['ADM-CANINE-DEPLOYMENTS'],
  (context) =>
    withCanine(context, async (canine) => {
      const planned = newApp();
      const app = canine.app(planned);
      let before: readonly string[] = [];
      let serving: readonly EchoPod[] = [];
      await inOrder(context, [
        does('an application is created', () => app.create()),
        triggers(app),
        completes(context, app),
        {
          subject: 'pods that serve',
          expected: '1',
          see: async () => String((serving = await podsOf(context, planned, 1)).length),
          awaited: true,
        },
        does('its deployments are listed', async () => (before = await app.deployments())),
        triggers(app),
        {
          subject: 'deployments that are new in the list',
          expected: '1',
          see: async () => String((await app.deployments()).filter((id) => !before.includes(id)).length),
        },
        completes(context, app),
        {
          subject: 'the pod that serves now',
          expected: 'another one',
          see: async () => replaced(context, planned, serving),
          awaited: true,
        },
      ]);
    }),
  options,
);

check(
  requirements['ADM-CANINE-ENV'],
  (context) =>
    withCanine(context, async (canine) => {
      const planned = newApp();
      const [app, other] = [canine.app(planned), canine.app(newApp())];
      const variable = { name: 'CONFORM_DATABASE_URL', value: `postgres://${planned.name}` };
      await inOrder(context, [
        does('an application is created', () => app.create()),
        does('another one is created', () => other.create()),
        ...deployed(context, { app, planned }),
        does('an environment variable is set', () => app.setVariable(variable.name, variable.value)),
        lists('the variable', variable.name, () => app.variables()),
        {
          subject: 'its value in the pods',
          expected: variable.value,
          see: () => valueInPods(context, planned, variable.name, variable.value),
          awaited: true,
        },
        {
          subject: 'kinds of objects of the namespace that hold the value',
          expected: 'Secret',
          see: () => kindsThatHold(context, planned.name, variable.value),
        },
        {
          subject: 'variables of the other application',
          expected: 'none',
          see: async () => (await other.variables()).join(', ') || 'none',
        },
        does('it is deleted', () => app.deleteVariable(variable.name)),
        {
          subject: 'variables of the application afterwards',
          expected: 'none',
          see: async () => (await app.variables()).join(', ') || 'none',
        },
        {
          subject: 'its value in the pods afterwards',
          expected: 'not set',
          see: () => valueInPods(context, planned, variable.name, 'not set'),
        },
      ]);
    }),
  options,
);

check(
  requirements['ADM-CANINE-SCALE'],
  (context) =>
    withCanine(context, async (canine) => {
      const planned = newApp();
      const app = canine.app(planned);
      await inOrder(context, [
        does('an application is created', () => app.create()),
        ...deployed(context, { app, planned }),
        does('its replicas are set to 3', () => app.scale(3)),
        {
          subject: 'pods that answer by their own names',
          expected: '3',
          see: async () => String(new Set(await namesThatAnswer(context, await podsOf(context, planned, 3))).size),
          awaited: true,
        },
      ]);
    }),
  options,
);

check(
  requirements['ADM-CANINE-DOMAIN'],
  (context) =>
    withCanine(context, async (canine) => {
      const planned = newApp();
      const app = canine.app(planned);
      const [added, unknown] = [`${planned.name}.example.com`, `not-${planned.name}.example.com`];
      const ingress = await assignedAddress(
        context.cluster.kubernetes,
        { namespace: 'ingress-nginx', name: 'ingress-nginx-controller' },
        { timeoutMs: 10_000, signal: context.signal },
      );
      const at = (domain: string) =>
        ({
          from: { host: 'outsider' },
          to: { kind: 'http', url: `https://${ingress}/hostname`, headers: [`Host: ${domain}`], insecure: true },
        }) as const;
      await inOrder(context, [
        does('an application is created', () => app.create()),
        ...deployed(context, { app, planned }),
        does('a domain is added', () => app.addDomain(added)),
        {
          subject: `https://${added} at the ingress, from outside`,
          expected: 'the application',
          see: async () => {
            const first = await firstAnswer(context.cluster, at(added), {
              timeoutMs: 30_000,
              signal: context.signal,
              until: (outcome) => outcome.kind === 'answered' && outcome.body.startsWith(planned.name),
            });
            return first.answered ? 'the application' : first.text;
          },
        },
      ]);
      const { from, to } = at(unknown);
      const [outcome] = await context.cluster.probe(from, [to], context.signal);
      context.control({
        subject: `https://${unknown}, which was not added`,
        vantage: 'outsider',
        expected: 'HTTP 404',
        saw: outcome === undefined ? 'no outcome' : outcomeText(outcome),
        held: outcome?.kind === 'answered' && outcome.status === 404,
      });
    }),
  options,
);

interface Planned {
  readonly app: AppOperations;
  readonly planned: NewApp;
}

function deployed(context: CheckContext, { app, planned }: Planned): Step[] {
  return [
    triggers(app),
    {
      subject: `ready pods of ${planned.name}`,
      expected: '1',
      see: async () => String((await podsOf(context, planned, 1)).length),
      awaited: true,
    },
  ];
}

function triggers(app: AppOperations): Step {
  return does('a deployment is triggered', () => app.deploy());
}

/** Register, ADM-CANINE-DEPLOYMENTS: until it is final. */
function completes({ signal }: CheckContext, app: AppOperations): Step {
  const see = async (): Promise<string> =>
    until('the latest deployment to be final', { timeoutMs: promisedMs, everyMs: 1000, signal }, async () => {
      const status = await app.latestStatus();
      return status === 'in_progress' ? { notYet: status } : { done: status };
    });
  return { subject: "the latest deployment's status, when it is final", expected: 'completed', see, awaited: true };
}

/** Ready pods of the application's web service, when there are so many and no other. */
async function podsOf(
  { cluster: { kubernetes }, signal }: CheckContext,
  { name }: NewApp,
  count: number,
  timeoutMs = promisedMs,
): Promise<EchoPod[]> {
  return (await readyPods(kubernetes, { namespace: name, selector: `app=${name}-web`, count, timeoutMs }, signal)).map(echoPod);
}

async function replaced(context: CheckContext, planned: NewApp, before: readonly EchoPod[]): Promise<string> {
  const endsAt = Date.now() + promisedMs;
  return until('another pod to serve', { timeoutMs: promisedMs, everyMs: 1000, signal: context.signal }, async () => {
    const now = await podsOf(context, planned, 1, endsAt - Date.now());
    return now.some(({ pod }) => before.every((each) => each.pod !== pod))
      ? { done: 'another one' }
      : { notYet: now.map(({ pod }) => pod).join(', ') };
  });
}

async function namespaceGone({ cluster: { kubernetes }, signal }: CheckContext, name: string): Promise<string> {
  return until(`namespace ${name} to be gone`, { timeoutMs: promisedMs, everyMs: 1000, signal }, async () => {
    const found = await kubernetes.raw.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, signal);
    return found === undefined ? { done: 'gone' } : { notYet: String((found as { status?: { phase?: string } }).status?.phase) };
  });
}

/** What all pods of the application have in their environment, once that is what is wanted: a change rolls them. */
async function valueInPods(context: CheckContext, planned: NewApp, variable: string, wanted: string): Promise<string> {
  const {
    cluster: { kubernetes },
    signal,
  } = context;
  const endsAt = Date.now() + promisedMs;
  return until(`${variable} in the pods of ${planned.name}`, { timeoutMs: promisedMs, everyMs: 1000, signal }, async () => {
    const pods = await podsOf(context, planned, 1, endsAt - Date.now());
    const values = await Promise.all(
      pods.map(async ({ place }) => (await kubernetes.run(place, `printenv ${variable} || echo not set`, signal)).trim()),
    );
    return values.every((value) => value === wanted) ? { done: wanted } : { notYet: values.join(', ') };
  });
}

/** Alone or within a text, such as lines of `NAME=value`. */
async function kindsThatHold({ cluster: { kubernetes } }: CheckContext, namespace: string, value: string): Promise<string> {
  const [secrets, maps] = await Promise.all([
    kubernetes.core.listNamespacedSecret({ namespace }),
    kubernetes.core.listNamespacedConfigMap({ namespace }),
  ]);
  const decoded = (data: Record<string, string> | undefined): string[] =>
    Object.values(data ?? {}).map((each) => Buffer.from(each, 'base64').toString());
  const kinds = [
    ...(secrets.items.some(({ data }) => decoded(data).some((each) => each.includes(value))) ? ['Secret'] : []),
    ...(maps.items.some(({ data }) => Object.values(data ?? {}).some((each) => each.includes(value))) ? ['ConfigMap'] : []),
  ];
  return kinds.join(', ') || 'none';
}

/** From the first of them. */
async function namesThatAnswer({ cluster, signal }: CheckContext, pods: readonly EchoPod[]): Promise<string[]> {
  const [first] = pods;
  if (first === undefined) return [];
  const outcomes = await cluster.probe(
    first.place,
    pods.map(({ url }) => ({ kind: 'http', url: `${url}/hostname` })),
    signal,
  );
  return outcomes.flatMap((outcome, index) =>
    outcome.kind === 'answered' && outcome.body.trim() === pods[index]?.pod ? [outcome.body.trim()] : [],
  );
}
