import type { KubernetesObject } from '@kubernetes/client-node';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { check } from '../../fixtures/check.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { type ScratchTenant, scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { answerText } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { type Asker, asAccount, ofTenants } from './accounts.ts';
import { failuresInLife } from './object-life.ts';
import { reviewedPairs } from './rules.ts';

check(
  requirements['ISO-RBAC-ALLOW'],
  async (context) => {
    const tenant = await scratchTenant(context);
    await observeGrants(context, tenant);
    await Promise.all([observeLives(context, tenant), observeLogAndExec(context, tenant)]);
  },
  ofTenants,
);

/** What the API says to each pair of verb and resource: in every tenant that lives, and to an account without a binding. */
async function observeGrants(context: CheckContext, { namespace, asTenant }: ScratchTenant): Promise<void> {
  const { cluster, changes, observe, control, signal } = context;
  const { kubernetes, documented } = cluster;
  const pairs = async (where: string, who: typeof asTenant): Promise<{ allowed: string[]; denied: string[] }> =>
    reviewedPairs(who, documented.tenantRole, { namespace: where, signal });
  const granted = async (where: string, who: typeof asTenant): Promise<void> =>
    observe(
      noneOf(`verbs and resources of tenant-role that tenant-sa of ${where} is not granted`, {
        saw: (await pairs(where, who)).denied,
        vantage: where,
      }),
    );
  const tenants = await livingTenants(kubernetes);
  await Promise.all([granted(namespace, asTenant), ...tenants.map(async ({ name }) => granted(name, await asAccount(context, name)))]);
  await changes.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'conform-unbound', namespace } });
  const unbound = await pairs(namespace, await asAccount(context, namespace, 'conform-unbound'));
  control(
    noneOf('verbs and resources of tenant-role that an account without a binding is granted', { saw: unbound.allowed, vantage: namespace }),
  );
}

/** What tenant-sa does to an object of each kind of its role. */
async function observeLives(context: CheckContext, { namespace, asTenant }: ScratchTenant): Promise<void> {
  const { cluster, observe, control, signal } = context;
  const objects = await objectsOfRole(context, namespace);
  control(
    equal('kinds that are made', {
      expected: cluster.documented.tenantRole.resources.map(({ resource }) => resource).filter((resource) => !resource.includes('/')),
      saw: objects.map(({ resource }) => resource),
    }),
  );
  const lives = await Promise.all(objects.map(({ object }) => failuresInLife(asTenant, object, signal)));
  observe(
    noneOf('deeds that tenant-sa failed in, on an object of each kind: create, get, list, watch, patch, update, delete', {
      saw: lives.flat(),
      vantage: namespace,
    }),
  );
}

/** An object of each kind of the role, with the name of its resource in the API. */
async function objectsOfRole(
  { cluster: { documented, kubernetes }, signal }: Asker,
  namespace: string,
): Promise<{ resource: string; object: KubernetesObject }[]> {
  const objects = await readManifest(`${import.meta.dirname}/role-objects.yaml`, { NAMESPACE: namespace });
  const named = await Promise.all(
    objects.map(async (object) => {
      const { apiVersion = '', kind = '' } = object;
      return {
        resource: resourceIn(await kubernetes.raw.path({ apiVersion, kind, metadata: { name: 'one', namespace } }, signal)),
        object,
      };
    }),
  );
  return named.filter(({ resource }) => documented.tenantRole.resources.some((each) => each.resource === resource));
}

/** `pods` of `/api/v1/namespaces/a/pods/one`. */
function resourceIn(path: string): string {
  return path.split('/').at(-2) ?? '';
}

const talks = 'conform-talks';

/** What a tenant reads of its own pod, and runs in it. */
async function observeLogAndExec({ observe, signal }: CheckContext, { namespace, asTenant }: ScratchTenant): Promise<void> {
  const [pod = {}] = await readManifest(`${import.meta.dirname}/../tenant-pod.yaml`, { NAME: talks, NAMESPACE: namespace });
  await asTenant.raw.create(pod, signal);
  await readyPods(asTenant, { namespace, selector: `conform-pod=${talks}`, count: 1 }, signal);
  const path = `/api/v1/namespaces/${namespace}/pods/${talks}`;
  const log = await asTenant.request({ method: 'GET', path: `${path}/log` }, signal);
  observe({
    subject: 'log of its own pod',
    vantage: namespace,
    expected: '200, with the words of the server that starts',
    saw: log.status === 200 ? `200, ${String(log.body).trim().slice(0, 80)}` : answerText(log),
    held: log.status === 200 && String(log.body).includes('Started HTTP server'),
  });
  // Without an upgrade the request is refused for its form by whoever may make it, and with 403 by whoever may not.
  const asked = await asTenant.request({ method: 'POST', path: `${path}/exec?command=hostname&stdout=true` }, signal);
  const saw = asked.status === 403 ? answerText(asked) : (await asTenant.run({ namespace, pod: talks }, 'hostname', signal)).trim();
  observe(equal('exec of hostname in its own pod', { expected: talks, saw, vantage: namespace }));
}
