import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { isScratchName } from '../../../harness/engine/stable-key.ts';
import { reach } from '../../../harness/probe/claims.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check as suiteCheck } from '../../fixtures/check.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { refused, tryToMake } from '../admission.ts';
import { limitNumbers, quotaNumbers } from '../quotas/promised-numbers.ts';
import { requirements } from '../requirements.ts';
import { container, podWith } from '../tenant-objects.ts';
import { becomesReady, podsOf, wasDeployed } from './app-pods.ts';
import { type CanineProject, answered, callCanine, projectsOf } from './canine-api.ts';
import { canineApps } from './canine-apps.ts';
import { clientIn } from './client-pod.ts';
import { atWorkstation, succeeds } from './guide-script.ts';
import { isolationObjects, objectNames } from './isolation-objects.ts';
import { namespacesLike } from './provisioning.ts';

const check = suiteCheck.extend({ canineApps });

const uses = { uses: ['canine'] } as const;
const whatCanineDid = async (): Promise<string> =>
  'the raw output of provision-tenant.sh; then the deployments of the project at the dashboard, and kubectl get events of its namespace';

check(
  requirements['ISO-NAMESPACE-PER-TENANT'],
  async (context, { canineApps: apps }) => {
    const { cluster, observe, control } = context;
    context.hint(whatCanineDid);
    for (const [index, app] of apps.entries()) {
      const { name } = app.tenant;
      control(noneOf(`namespaces of new tenant ${index + 1} before`, { saw: app.before }));
      observe(succeeds(`provision-tenant.sh ${name}`, app.provisioned));
      observe(wasDeployed(app));
    }
    // Without an app there is nothing to find in a namespace.
    if (apps.some(({ deployment }) => deployment.kind === 'refused')) return;
    const projects = await projectsOf(context);
    for (const app of apps) {
      const { name, namespace } = app.tenant;
      const pods = await podsOf(context, app.project);
      observe(equal(`namespaces of ${name}`, { expected: [namespace], saw: await namespacesLike(context, name) }));
      observe({
        ...equal(`namespaces in which pods of ${app.project} are`, {
          expected: [namespace],
          saw: [...new Set(pods.map(({ metadata }) => metadata?.namespace ?? ''))],
        }),
        ...lateIf(pods.length === 0),
      });
      const own = projects.filter((each) => each.namespace === namespace).map((each) => each.name);
      observe(equal(`Canine's projects in ${namespace}`, { expected: [app.project], saw: own, vantage: atWorkstation }));
    }
    const tenants = new Set((await livingTenants(cluster.kubernetes)).map(({ name }) => name));
    const astray = living(projects).filter(({ namespace }) => !tenants.has(namespace));
    observe(
      noneOf("Canine's other projects outside a tenant's namespace", {
        saw: astray.map(({ name, namespace }) => `${name} in ${namespace}`),
        vantage: atWorkstation,
      }),
    );
  },
  uses,
);

/** Canine's projects that nobody of this run made. */
function living(projects: readonly CanineProject[]): CanineProject[] {
  return projects.filter(({ name, namespace }) => !isScratchName(name) && !isScratchName(namespace));
}

/** Guide, Step 4 (tenantIsolation.resourceQuota), in the terms of Step 6: one set of numbers (erratum E87). */
const documentedQuota = (['limits.cpu', 'limits.memory', 'persistentvolumeclaims', 'requests.storage'] as const).map(
  (resource) => `${resource} ${quotaNumbers[resource]}`,
);
const isolationKinds = ['NetworkPolicy', 'ResourceQuota', 'LimitRange'];

check(
  requirements['ISO-CANINE-DEFAULTS'],
  async (context, { canineApps: [app] }) => {
    const { cluster, observe, control, signal } = context;
    context.hint(whatCanineDid);
    const plain = await scratchTenant(context, { hardened: false });
    const bare = await isolationObjects(cluster.kubernetes, plain.namespace, signal);
    control(equal('objects of a plain namespace', { expected: [], saw: objectNames(bare) }));
    observe(wasDeployed(app));
    // Without an app there is no namespace of one.
    if (app.deployment.kind === 'refused') return;
    const others = living(await projectsOf(context)).map(({ namespace }) => namespace);
    for (const namespace of [app.tenant.namespace, ...new Set(others)]) await observeIsolated(context, namespace);

    const pods = await podsOf(context, app.project);
    const firstAt = Math.min(...pods.map(({ metadata }) => Date.parse(String(metadata?.creationTimestamp))));
    const late = (await isolationObjects(cluster.kubernetes, app.tenant.namespace, signal)).filter(
      ({ metadata }) => Date.parse(String(metadata?.creationTimestamp)) > firstAt,
    );
    observe(noneOf('objects that came after the first pod', { saw: objectNames(late) }));
    observe({
      // Guide, Step 6, LimitRange: it stands where Step 4 names another limit (erratum E87).
      ...equal("the admitted requests and limits of the app's pods", {
        expected: [resourcesText({ requests: limitNumbers.Container.defaultRequest, limits: limitNumbers.Container.default })],
        saw: [...new Set(pods.map(({ spec }) => resourcesText(spec?.containers[0]?.resources ?? {})))],
      }),
      ...lateIf(pods.length === 0),
    });
  },
  uses,
);

async function observeIsolated({ cluster: { kubernetes }, observe, signal }: CheckContext, namespace: string): Promise<void> {
  const objects = await isolationObjects(kubernetes, namespace, signal);
  const found = isolationKinds.filter((kind) => objects.some((object) => object.kind === kind));
  observe(equal(`kinds of isolation in ${namespace}`, { expected: isolationKinds, saw: found }));
  const { items } = await kubernetes.core.listNamespacedResourceQuota({ namespace });
  const named = documentedQuota.map((each) => each.split(' ')[0] ?? '');
  const saw = items.flatMap(({ spec }) => Object.entries(spec?.hard ?? {}).filter(([resource]) => named.includes(resource)));
  observe(equal(`the quota of ${namespace}`, { expected: documentedQuota, saw: saw.map((entry) => entry.join(' ')) }));
}

type Amounts = Readonly<Record<string, string>>;

function resourcesText({ requests = {}, limits = {} }: { requests?: Amounts; limits?: Amounts }): string {
  const amounts = (of: Amounts): string =>
    Object.entries(of)
      .map((entry) => entry.join(' '))
      .toSorted()
      .join(' ');
  return `requests ${amounts(requests)}, limits ${amounts(limits)}`;
}

check(
  requirements['ISO-CANINE-APP-FITS'],
  async (context, { canineApps: [, app] }) => {
    const { cluster, observe, signal } = context;
    context.hint(whatCanineDid);
    const { project } = app;
    const { namespace } = app.tenant;
    observe(wasDeployed(app));
    // Without an app there is nothing to deploy again.
    if (app.deployment.kind === 'refused') return;
    const before = await podsOf(context, project);
    const asked = await callCanine(context, 'POST', `projects/${project}/deploy`);
    observe(answered('a deployment through the API', asked));
    if (asked.status !== 200) return;
    observe(await becomesReady(context, { project, before }));
    const from = await clientIn(context, namespace);
    if (from !== undefined) {
      const service = `${project}-service.${namespace}.svc.cluster.local`;
      await context.connect([
        reach({
          from,
          to: { name: 'the app', target: { kind: 'http', url: `http://${service}/` } },
          status: 200,
          unlike: { name: 'a port that the app has not', target: { kind: 'http', url: `http://${service}:81/` } },
        }),
      ]);
    }
    // Within the largest container, beyond the quota: so that only the quota can refuse it.
    const half = { requests: { cpu: '1500m', memory: '64Mi' }, limits: { cpu: '1500m', memory: '64Mi' } };
    const tooBig = podWith(namespace, 'conform-too-big', { containers: [container('one', half), container('two', half)] });
    observe(
      refused('a pod beside it with requests above 2 CPU', await tryToMake(cluster.kubernetes, tooBig, { signal, dryRun: true }), {
        words: ['exceeded quota', 'requests.cpu'],
      }),
    );
  },
  { ...uses, deadlineMs: 240_000 },
);
