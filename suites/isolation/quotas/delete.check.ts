import { nonce } from '../../../harness/engine/stable-key.ts';
import type { KubernetesObject } from '@kubernetes/client-node';
import { attempt } from '../../../harness/engine/attempt.ts';
import { check } from '../../fixtures/check.ts';
import { type Kubernetes, readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { addressesGiven, assignedAddress, loadBalancers } from '../../../harness/platform/metallb/load-balancer.ts';
import { neutral } from '../../fixtures/groups.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { requirements } from '../requirements.ts';

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

/** What a tenant that is there always has of them; announcements need announced pools (E23), global objects nobody makes for one. */
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

/** What names the namespace: its name is random, so whatever holds it means it. */
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

/** Register: within this time. */
const goneMs = 120_000;

check(
  requirements['ISO-TENANT-DELETE-CLEAN'],
  async (context) => {
    const {
      cluster: { kubernetes },
      changes,
      observe,
      control,
      hint,
      signal,
    } = context;
    const { namespace } = await scratchTenant(context);
    hint(async () => `kubectl get namespace ${namespace} -o yaml: its conditions name what blocks it`);
    await changes.createFrom(`${import.meta.dirname}/departing-tenant.yaml`, { NAMESPACE: namespace });
    const [address] = await Promise.all([
      assignedAddress(kubernetes, { namespace, name: 'web' }, { timeoutMs: 10_000, signal }),
      readyPods(kubernetes, { namespace, selector: 'conform-pod=web', count: 1 }, signal),
    ]);
    const before = new Set((await traces(kubernetes, namespace, signal)).map(({ what }) => what));
    control(equal('traces of a tenant that is there', { expected: always, saw: always.filter((what) => before.has(what)) }));

    await kubernetes.raw.delete(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { propagationPolicy: 'Background' },
      signal,
    );
    const startedAt = Date.now();
    const gone = await attempt(signal, () =>
      until(`no trace of ${namespace}`, { timeoutMs: goneMs, everyMs: 1000, signal }, async () => {
        // One list that fails among a hundred says nothing.
        const found = await attempt(signal, () => traces(kubernetes, namespace, signal));
        if (found.kind === 'failed') return { notYet: found.text };
        const left = found.value;
        return left.length === 0
          ? { done: Math.round((Date.now() - startedAt) / 1000) }
          : { notYet: left.map(({ text }) => text).join(', ') };
      }),
    );
    // Whoever still cannot list has not seen anything left: that throws.
    if (gone.kind === 'failed') await traces(kubernetes, namespace, signal);
    observe({
      subject: 'traces of the tenant in the cluster',
      vantage: 'Kubernetes API',
      expected: 'none within 120 s of its deletion',
      saw: gone.kind === 'done' ? `none after ${gone.value} s` : gone.text,
      held: gone.kind === 'done',
    });

    const another = { namespace: (await neutral()).namespace, name: `conform-heir-${nonce()}` };
    await changes.createFrom(`${import.meta.dirname}/asks-for-address.yaml`, {
      NAME: another.name,
      NAMESPACE: another.namespace,
      ADDRESS: address,
    });
    const free = await attempt(signal, () => assignedAddress(kubernetes, another, { timeoutMs: 10_000, signal }));
    if (free.kind === 'failed' && !free.isTimeout) throw new Error(free.text);
    // Another check's Service may have been given it meanwhile: then it was free as well.
    const others = (await loadBalancers(kubernetes)).filter(
      (service) => service.metadata?.namespace !== namespace && addressesGiven(service).includes(address),
    );
    const has = others.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name} has ${address}`);
    observe({
      subject: 'the address of its load balancer, asked for by another',
      vantage: 'Kubernetes API',
      expected: `another Service has ${address}`,
      saw: has.join(', ') || (free.kind === 'done' ? free.value : free.text),
      held: has.length > 0,
      ...lateIf(free.kind === 'failed'),
    });
  },
  { deadlineMs: 240_000, uses: ['address-pools'] },
);
