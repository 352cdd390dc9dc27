import type { V1Pod } from '@kubernetes/client-node';
import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { check } from '../../fixtures/check.ts';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { atApi, equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { refused, tryToMake } from '../admission.ts';
import { answered, callCanine, projectsOf } from './canine-api.ts';
import { type CanineApp, canineApps } from './canine-apps.ts';
import { clientIn } from './client-pod.ts';
import { succeeds } from './guide-script.ts';
import { isolationObjects, objectNames } from './isolation-objects.ts';
import { namespacesLike } from './provisioning.ts';
import { requirements } from '../requirements.ts';
import { container, podWith } from '../tenant-objects.ts';

const uses = { uses: ['canine'] } as const;
const whatCanineDid = async (): Promise<string> =>
  'the raw output of provision-tenant.sh; then the deployments of the project at the dashboard, and kubectl get events of its namespace';

check(
  requirements['ISO-NAMESPACE-PER-TENANT'],
  async (context) => {
    const { observe, control } = context;
    context.hint(whatCanineDid);
    const apps = await canineApps();
    for (const app of apps) {
      const {
        tenant: { name, namespace },
        project,
      } = app;
      control(noneOf(`namespaces of ${name} before`, { saw: app.before }));
      observe(succeeds(`provision-tenant.sh ${name}`, app.provisioned));
      observe(wasDeployed(app));
      const pods = await podsOf(context, app);
      observe(equal(`namespaces of ${name}`, { expected: [namespace], saw: await namespacesLike(context, name) }));
      observe({
        ...equal(`namespaces in which pods of ${project} are`, {
          expected: [namespace],
          saw: [...new Set(pods.map(({ metadata }) => metadata?.namespace ?? ''))],
        }),
        ...lateIf(pods.length === 0),
      });
      observe(
        equal(`Canine's projects in ${namespace}`, {
          expected: [project],
          saw: (await projectsOf(context)).filter((each) => each.namespace === namespace).map((each) => each.name),
        }),
      );
    }
  },
  uses,
);

/** Guide, Step 4 (tenantIsolation.resourceQuota), in the terms of Step 6: one set of numbers (erratum E87). */
const documentedQuota = { 'limits.cpu': '4', 'limits.memory': '8Gi', persistentvolumeclaims: '10', 'requests.storage': '50Gi' };
/** Guide, Step 6, LimitRange: what stands where Step 4 says another limit (erratum E87). */
const documentedDefaults = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } };

check(
  requirements['ISO-CANINE-DEFAULTS'],
  async (context) => {
    const {
      cluster: { kubernetes },
      signal,
      observe,
      control,
    } = context;
    context.hint(whatCanineDid);
    const [[app], plain] = await Promise.all([canineApps(), scratchTenant(context, { hardened: false })]);
    const { namespace } = app.tenant;
    control(
      equal('objects of a plain namespace', {
        expected: [],
        saw: objectNames(await isolationObjects(kubernetes, plain.namespace, signal)),
      }),
    );
    observe(wasDeployed(app));
    const pods = await podsOf(context, app);
    const [pod] = pods;
    const objects = await isolationObjects(kubernetes, namespace, signal);
    const late = objects.filter(
      ({ metadata }) =>
        pod !== undefined && Date.parse(String(metadata?.creationTimestamp)) > Date.parse(String(pod.metadata?.creationTimestamp)),
    );
    const kinds = ['NetworkPolicy', 'ResourceQuota', 'LimitRange'];
    observe(
      equal(`kinds of isolation in ${namespace}`, {
        expected: kinds,
        saw: kinds.filter((kind) => objects.some((object) => object.kind === kind)),
      }),
    );
    observe(noneOf('objects that came after the first pod', { saw: objectNames(late) }));
    observe(equal('the quota', { expected: numbers(documentedQuota), saw: await quotaOf(context, namespace) }));
    observe({
      ...equal("the admitted requests and limits of the app's pods", {
        expected: [resourcesText(documentedDefaults)],
        saw: [...new Set(pods.map((each) => resourcesText(each.spec?.containers[0]?.resources ?? {})))],
      }),
      ...lateIf(pods.length === 0),
    });
  },
  uses,
);

check(
  requirements['ISO-CANINE-APP-FITS'],
  async (context) => {
    const {
      cluster: { kubernetes },
      signal,
      observe,
    } = context;
    context.hint(whatCanineDid);
    const [, app] = await canineApps();
    const {
      tenant: { namespace },
      project,
    } = app;
    observe(wasDeployed(app));
    const before = await podsOf(context, app);
    const asked = await callCanine(context, 'POST', `projects/${project}/deploy`);
    observe(answered('a deployment through the API', asked));
    observe(await becomesReady(context, { project, before, withinMs: asked.status === 200 ? readyWithinMs : 0 }));
    const clients = await clientIn(context, namespace);
    const service = `${project}-service.${namespace}.svc.cluster.local`;
    await connections(
      context,
      clients.flatMap((from): Connection[] => [
        { role: 'observation', expect: { status: 200 }, from, to: { kind: 'http', url: `http://${service}/` }, name: 'the app' },
        {
          role: 'control',
          expect: 'not-reached',
          from,
          to: { kind: 'http', url: `http://${service}:81/` },
          name: 'a port that the app has not',
        },
      ]),
    );
    // Within the largest container, beyond the quota: so that only the quota can refuse it.
    const half = { requests: { cpu: '1500m', memory: '64Mi' }, limits: { cpu: '1500m', memory: '64Mi' } };
    const tooBig = podWith(namespace, 'conform-too-big', { containers: [container('one', half), container('two', half)] });
    observe(
      refused('a pod beside it with requests above 2 CPU', await tryToMake(kubernetes, tooBig, { signal, dryRun: true }), {
        words: ['exceeded quota', 'requests.cpu'],
      }),
    );
  },
  { ...uses, deadlineMs: 240_000 },
);

/** Promise: a redeployed app is ready in this time. */
const readyWithinMs = 120_000;

function wasDeployed({ project, deployed }: CanineApp): Measured {
  return {
    subject: `project ${project} made and deployed at the dashboard`,
    vantage: 'the admin workstation',
    expected: 'done',
    saw: deployed.kind === 'done' ? 'done' : deployed.text,
    held: deployed.kind === 'done',
  };
}

/** The app's pods in all namespaces, once it has one; none where it was not deployed, or has none after half a minute. */
async function podsOf({ cluster: { kubernetes }, signal }: CheckContext, { project, deployed }: CanineApp): Promise<V1Pod[]> {
  const look = async (): Promise<V1Pod[]> => (await kubernetes.core.listPodForAllNamespaces({ labelSelector: `app=${project}` })).items;
  if (deployed.kind === 'failed') return look();
  await attempt(signal, () =>
    until(`a pod of ${project}`, { timeoutMs: 30_000, everyMs: 500, signal }, async () =>
      (await look()).length > 0 ? { done: true } : { notYet: 'none' },
    ),
  );
  return look();
}

/** Whether there is a Ready pod that is none of those before, within the time. */
async function becomesReady(
  { cluster: { kubernetes }, signal }: CheckContext,
  { project, before, withinMs }: { project: string; before: readonly V1Pod[]; withinMs: number },
): Promise<Measured> {
  const startedAt = Date.now();
  const known = before.map(({ metadata }) => metadata?.uid);
  const ready = await attempt(signal, () =>
    until(`a new pod of ${project} to be Ready`, { timeoutMs: withinMs, everyMs: 500, signal }, async () => {
      const { items } = await kubernetes.core.listPodForAllNamespaces({ labelSelector: `app=${project}` });
      const anew = items.filter((pod) => !known.includes(pod.metadata?.uid) && isReady(pod));
      return anew.length > 0
        ? { done: `after ${(Date.now() - startedAt) / 1000} s` }
        : { notYet: items.map(({ metadata, status }) => `${metadata?.name} ${status?.phase}`).join(', ') || 'none' };
    }),
  );
  if (ready.kind === 'failed' && !ready.isTimeout) throw new Error(ready.text);
  return {
    subject: `a new pod of ${project}`,
    vantage: atApi,
    expected: `Ready within ${readyWithinMs / 1000} s`,
    saw: ready.kind === 'done' ? ready.value : ready.text,
    held: ready.kind === 'done',
  };
}

async function quotaOf({ cluster: { kubernetes } }: CheckContext, namespace: string): Promise<string[]> {
  const { items } = await kubernetes.core.listNamespacedResourceQuota({ namespace });
  return items.flatMap(({ spec }) =>
    numbers(Object.fromEntries(Object.entries(spec?.hard ?? {}).filter(([resource]) => resource in documentedQuota))),
  );
}

function numbers(resources: Readonly<Record<string, string>>): string[] {
  return Object.entries(resources).map(([resource, value]) => `${resource} ${value}`);
}

function resourcesText({
  requests = {},
  limits = {},
}: {
  requests?: Readonly<Record<string, string>>;
  limits?: Readonly<Record<string, string>>;
}): string {
  return `requests ${numbers(requests).toSorted().join(' ')}, limits ${numbers(limits).toSorted().join(' ')}`;
}
