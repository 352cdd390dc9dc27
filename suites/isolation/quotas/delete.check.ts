import { nonce } from '../../../harness/engine/stable-key.ts';
import type { KubernetesObject } from '@kubernetes/client-node';
import { promised } from '../../../guide/limits.ts';
import { atApi, equal, lateIf } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Kubernetes, readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { addressesGiven, assignedAddress, loadBalancers } from '../../../harness/platform/metallb/load-balancer.ts';
import { check } from '../../fixtures/check.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { requirements } from '../requirements.ts';
import { timedOut } from '../timed-out.ts';

/** Everything in the cluster, outside the namespace itself or as the namespace, that can be left behind by a tenant. */
const places = [
  { what: 'namespace', path: '/api/v1/namespaces' },
  { what: 'binding', path: '/apis/rbac.authorization.k8s.io/v1/rolebindings' },
  { what: 'cluster binding', path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings' },
  { what: 'policy', path: '/apis/networking.k8s.io/v1/networkpolicies' },
  { what: 'global policy', path: '/apis/projectcalico.org/v3/globalnetworkpolicies' },
  { what: 'quota', path: '/api/v1/resourcequotas' },
  { what: 'limits', path: '/api/v1/limitranges' },
  { what: 'service account', path: '/api/v1/serviceaccounts' },
  { what: 'role', path: '/apis/rbac.authorization.k8s.io/v1/roles' },
  { what: 'load balancer address', path: '/api/v1/services' },
  { what: 'announcement', path: '/apis/metallb.io/v1beta1/servicel2statuses' },
  { what: 'volume', path: '/api/v1/persistentvolumes' },
  { what: 'volume of Longhorn', path: '/apis/longhorn.io/v1beta2/volumes' },
  { what: 'pod address of Calico', path: '/apis/crd.projectcalico.org/v1/ipamblocks' },
] as const;

/** The traces that a tenant that is there always has; announcements need announced pools (E23), global objects nobody makes for one. */
const always = [
  'namespace',
  'binding',
  'policy',
  'quota',
  'limits',
  'service account',
  'role',
  'load balancer address',
  'volume',
  'volume of Longhorn',
  'pod address of Calico',
];

/** The objects that name the namespace: its name is random, so whatever holds it means it. */
async function traces(kubernetes: Kubernetes, namespace: string, signal: AbortSignal): Promise<{ what: string; text: string }[]> {
  const found = await Promise.all(
    places.map(async ({ what, path }) => {
      const { status, body, message } = await kubernetes.request({ method: 'GET', path }, signal);
      if (status !== 200) throw new Error(`${path}: the API answered ${status} ${message}`);
      const { items } = body as { items: KubernetesObject[] };
      return items
        .filter((item) => JSON.stringify(item).includes(`"${namespace}"`))
        .map(({ metadata }) => ({ what, text: `${what} ${metadata?.name}` }));
    }),
  );
  return found.flat();
}

check(
  requirements['ISO-TENANT-DELETE-CLEAN'],
  async (context, { neutral }) => {
    const { cluster, changes, control, hint, signal } = context;
    const { kubernetes } = cluster;
    const { namespace } = await scratchTenant(context);
    hint(async () => `kubectl get namespace ${namespace} -o yaml: its conditions name what blocks it`);
    await changes.createFrom(`${import.meta.dirname}/departing-tenant.yaml`, { NAMESPACE: namespace });
    const [address] = await Promise.all([
      assignedAddress(kubernetes, { namespace, name: 'web' }, { timeoutMs: patience('effect'), signal }),
      readyPods(kubernetes, { namespace, selector: 'conform-pod=web', count: 1 }, signal),
    ]);
    const before = new Set((await traces(kubernetes, namespace, signal)).map(({ what }) => what));
    control(equal('traces of a tenant that is there', { expected: always, saw: always.filter((what) => before.has(what)) }));
    await kubernetes.raw.delete(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { propagationPolicy: 'Background' },
      signal,
    );
    await observeNoTrace(context, namespace);
    await observeFreed(context, { address, of: namespace, heir: neutral.namespace });
  },
  { deadlineMs: 240_000, uses: ['address-pools'] },
);

async function observeNoTrace({ cluster: { kubernetes }, observe, signal }: CheckContext, namespace: string): Promise<void> {
  const startedAt = Date.now();
  const timeoutMs = promised.isolation.tenantGoneMs;
  const gone = await until(`no trace of ${namespace}`, { timeoutMs, everyMs: 1000, signal }, async () => {
    const left = await traces(kubernetes, namespace, signal);
    return left.length === 0
      ? { done: `none after ${Math.round((Date.now() - startedAt) / 1000)} s` }
      : { notYet: left.map(({ text }) => text).join(', ') };
  }).catch(timedOut);
  const isGone = !(gone instanceof WaitTimeout);
  observe({
    subject: 'traces of the tenant in the cluster',
    vantage: atApi,
    expected: `none within ${timeoutMs / 1000} s of its deletion`,
    saw: isGone ? gone : gone.message,
    held: isGone,
    ...lateIf(!isGone),
  });
}

interface Freed {
  readonly address: string;
  /** The namespace that had the address. */
  readonly of: string;
  /** The namespace that asks for it. */
  readonly heir: string;
}

/** Another Service asks for the address; where another check's was given it meanwhile, it was free as well. */
async function observeFreed(
  { cluster: { kubernetes }, changes, observe, signal }: CheckContext,
  { address, of, heir }: Freed,
): Promise<void> {
  const place = { namespace: heir, name: `conform-heir-${nonce()}` };
  await changes.createFrom(`${import.meta.dirname}/asks-for-address.yaml`, { NAME: place.name, NAMESPACE: heir, ADDRESS: address });
  const free = await assignedAddress(kubernetes, place, { timeoutMs: patience('effect'), signal }).catch(timedOut);
  const has = (await loadBalancers(kubernetes))
    .filter((service) => service.metadata?.namespace !== of && addressesGiven(service).includes(address))
    .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name} has ${address}`);
  observe({
    subject: 'the address of its load balancer, asked for by another',
    vantage: atApi,
    expected: `another Service has ${address}`,
    saw: has.join(', ') || (free instanceof WaitTimeout ? free.message : free),
    held: has.length > 0,
    ...lateIf(free instanceof WaitTimeout),
  });
}
