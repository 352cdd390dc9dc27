import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { denial } from '../../../harness/probe/claims.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { admitted, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { gatedPod } from '../tenant-objects.ts';
import { accountOf, projectsOf } from './canine-api.ts';
import { clientIn } from './client-pod.ts';
import { atWorkstation, succeeds } from './guide-script.ts';
import { isolationObjects, objectNames, settledObjects, templateObjects, versions } from './isolation-objects.ts';
import { namespacesLike, newTenant, printed, provision, readPrinted } from './provisioning.ts';

/** These ask the cluster's own Canine. */
const atCanine = { uses: ['canine', 'tenant-alice', 'tenant-bob'], deadlineMs: 240_000 } as const;

check(
  requirements['ISO-PROVISION-END-TO-END'],
  async (context, { tenants }) => {
    const { observe, control } = context;
    context.hint(readPrinted);
    const tenant = await newTenant(context);
    control(noneOf(`namespaces of ${tenant.name} before`, { saw: await namespacesLike(context, tenant.name) }));
    const answer = await provision(context, tenant);
    observe(succeeds('provision-tenant.sh', answer));
    // A script that failed has made nothing to look at.
    if (answer.code !== 0) return;
    const vantage = atWorkstation;
    observe(equal('the e-mail that it prints', { expected: tenant.email, saw: printed(answer, 'Email'), vantage }));
    observe(equal('the namespace that it prints', { expected: tenant.namespace, saw: printed(answer, 'Namespace'), vantage }));
    const account = await accountOf(context);
    observe(
      equal("the account that it prints, and Canine's API tells", { expected: account, saw: printed(answer, 'Canine account'), vantage }),
    );
    await observeHardened(context, tenant.namespace);
    await observeSeparate(context, tenant.namespace, [tenants.alice, tenants.bob]);
  },
  atCanine,
);

async function observeHardened({ cluster, observe, signal }: CheckContext, namespace: string): Promise<void> {
  const objects = await isolationObjects(cluster.kubernetes, namespace, signal);
  observe(equal(`objects in ${namespace}`, { expected: templateObjects, saw: objectNames(objects) }));
}

/** A pod of the namespace is kept from the pods of other tenants. */
async function observeSeparate(context: CheckContext, namespace: string, others: readonly EchoGroup[]): Promise<void> {
  const from = await clientIn(context, namespace);
  if (from === undefined) return;
  const host = context.cluster.documented.dnsServiceAddress;
  const dns = { name: "the cluster's DNS", target: { kind: 'tcp', host, port: 53 } } as const;
  await context.connect(
    others.map(({ namespace: owner, pods: [pod, beside] }) =>
      denial({
        from,
        to: { name: `a pod of ${owner}`, target: pod.tcp },
        sameSourceReaches: dns,
        targetAnswers: { name: `another pod of ${owner}`, place: beside.place },
      }),
    ),
  );
}

/** Spellings of a name whose namespace is that of the name in lower case. */
const spellings = [
  { how: 'with a capital', spelled: (name: string) => name.replace('conform', 'Conform') },
  { how: 'in capitals', spelled: (name: string) => name.toUpperCase() },
] as const;

check(
  requirements['ISO-PROVISION-NAME'],
  async (context) => {
    const { observe, control } = context;
    context.hint(readPrinted);
    const named = await Promise.all(spellings.map(async ({ how, spelled }) => ({ how, tenant: await newTenant(context, spelled) })));
    for (const { how, tenant } of named)
      control(noneOf(`namespaces like a name ${how} before`, { saw: await namespacesLike(context, tenant.name) }));
    const ends = await Promise.all(named.map(async (each) => ({ ...each, answer: await provision(context, each.tenant) })));
    for (const { how, tenant, answer } of ends) {
      observe(succeeds(`provision-tenant.sh for a name ${how}`, answer));
      observe(equal(`namespaces like a name ${how}`, { expected: [tenant.namespace], saw: await namespacesLike(context, tenant.name) }));
      await observeHardened(context, tenant.namespace);
    }
  },
  atCanine,
);

check(
  requirements['ISO-PROVISION-TWICE'],
  async (context) => {
    const { cluster, signal, observe, control } = context;
    context.hint(readPrinted);
    const [tenant, other] = await Promise.all([newTenant(context), newTenant(context)]);
    const before = await Promise.all([tenant, other].map(async ({ name }) => namespacesLike(context, name)));
    control(noneOf('namespaces of both tenants before', { saw: before.flat() }));
    const first = await provision(context, tenant);
    observe(succeeds('the first run', first));
    // Without a first run there is no second.
    if (first.code !== 0) return;
    const workload = gatedPod(tenant.namespace, 'conform-workload');
    observe(admitted('a workload of the tenant', await tryToMake(cluster.kubernetes, workload, { signal })));
    const [standing, account] = [await objectsAndPods(context, tenant.namespace), await accountOf(context)];

    observe(succeeds('the second run', await provision(context, tenant)));
    observe(equal('objects and workloads after it', { expected: standing, saw: await objectsAndPods(context, tenant.namespace) }));
    observe(equal('namespaces of the tenant after it', { expected: [tenant.namespace], saw: await namespacesLike(context, tenant.name) }));
    observe(equal("Canine's account after it", { expected: account, saw: await accountOf(context), vantage: atWorkstation }));
    const projects = (await projectsOf(context)).filter(({ namespace }) => namespace === tenant.namespace);
    observe(noneOf("Canine's projects in the tenant's namespace", { saw: projects.map(({ name }) => name), vantage: atWorkstation }));

    observe(succeeds('a run for another tenant', await provision(context, other)));
    observe(equal('namespaces of the other tenant', { expected: [other.namespace], saw: await namespacesLike(context, other.name) }));
  },
  atCanine,
);

/** All that a second run must leave as it is: versions of the isolation's objects, identities of the pods. */
async function objectsAndPods({ cluster: { kubernetes }, signal }: CheckContext, namespace: string): Promise<string[]> {
  const objects = await settledObjects(kubernetes, namespace, signal);
  const { items } = await kubernetes.core.listNamespacedPod({ namespace });
  return [...versions(objects), ...items.map(({ metadata }) => `Pod ${metadata?.name}: ${metadata?.uid}`)];
}
