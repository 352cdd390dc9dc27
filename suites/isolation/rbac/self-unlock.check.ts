import type { KubernetesObject } from '@kubernetes/client-node';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { check } from '../../fixtures/check.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { answerText } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { asAccount, ofTenants } from './accounts.ts';
import { notForbidden, verbRequest } from './verbs.ts';

/** What holds a tenant in: the template's objects, and the namespace itself with its labels. */
const cage = [
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name: 'deny-all-default' },
  { apiVersion: 'v1', kind: 'ResourceQuota', name: 'tenant-quota' },
  { apiVersion: 'v1', kind: 'LimitRange', name: 'tenant-limits' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', name: 'tenant-role' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', name: 'tenant-rolebinding' },
  { apiVersion: 'v1', kind: 'ServiceAccount', name: 'tenant-sa' },
];

function cageOf(namespace: string) {
  return [
    ...cage.map(({ apiVersion, kind, name }) => ({ apiVersion, kind, metadata: { name, namespace } })),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  ];
}

type Lock = ReturnType<typeof cageOf>[number];

const label = { metadata: { labels: { 'conform.test/unlocked': 'yes' } } };

check(
  requirements['ISO-RBAC-NO-SELF-UNLOCK'],
  async (context) => {
    // For real in a tenant of its own; as dry runs in those that live.
    await observeInScratch(context);
    for (const { name } of await livingTenants(context.cluster.kubernetes)) await observeInLiving(context, name);
  },
  ofTenants,
);

async function observeInScratch(context: CheckContext): Promise<void> {
  const { cluster, observe, control, signal } = context;
  const { kubernetes } = cluster;
  const { namespace, asTenant } = await scratchTenant(context);
  const locks = cageOf(namespace);
  const before = await Promise.all(locks.map((ref) => contentOf(kubernetes, ref, signal)));
  const namesWhere = (is: (index: number) => boolean): string[] =>
    locks.filter((_, index) => is(index)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  control(noneOf('objects of the template that are not there', { saw: namesWhere((index) => before[index] === undefined) }));
  observe(
    noneOf('what tenant-sa is not refused, for real', {
      saw: await unlocked(asTenant, namespace, { dryRun: false, signal }),
      vantage: namespace,
    }),
  );
  const after = await Promise.all(locks.map((ref) => contentOf(kubernetes, ref, signal)));
  observe(
    noneOf('objects of the template that are not as they were', {
      saw: namesWhere((index) => before[index] !== after[index]),
      vantage: namespace,
    }),
  );
  const patched = await Promise.all(
    locks.map(async (ref) =>
      kubernetes.request({ method: 'PATCH', path: `${await kubernetes.raw.path(ref, signal)}?dryRun=All`, body: label }, signal),
    ),
  );
  control(
    noneOf('objects that an administrator cannot patch, as dry runs', {
      saw: patched.filter(({ status }) => status !== 200).map(answerText),
      vantage: namespace,
    }),
  );
}

async function observeInLiving(context: CheckContext, namespace: string): Promise<void> {
  const { observe, control, signal } = context;
  const asTenant = await asAccount(context, namespace);
  observe(
    noneOf(`what tenant-sa of ${namespace} is not refused, as dry runs`, {
      saw: await unlocked(asTenant, namespace, { dryRun: true, signal }),
      vantage: namespace,
    }),
  );
  const made = await asTenant.request(
    { method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`, body: { metadata: { name: 'conform-own' } } },
    signal,
  );
  control(equal(`a ConfigMap of tenant-sa of ${namespace}, as a dry run`, { expected: '201', saw: answerText(made), vantage: namespace }));
}

/**
 * Every way to change the cage that is not refused (403): making one more, writing anew, patching, deleting one or all, and asking for
 * tokens. What would leave nothing to compare is a dry run always.
 */
async function unlocked(
  asTenant: Kubernetes,
  namespace: string,
  { dryRun, signal }: { dryRun: boolean; signal: AbortSignal },
): Promise<string[]> {
  const query = dryRun ? '?dryRun=All' : '';
  const paths = await Promise.all(cageOf(namespace).map((ref) => asTenant.raw.path(ref, signal)));
  const calico = `/apis/projectcalico.org/v3/namespaces/${namespace}/networkpolicies`;
  const collections = [...paths.map((path) => path.slice(0, path.lastIndexOf('/'))), calico];
  const attempts = [
    ...collections.map((collection) => verbRequest('create', collection)),
    ...collections.map((path) => ({ text: `delete all of ${path}`, request: { method: 'DELETE' as const, path: `${path}?dryRun=All` } })),
    verbRequest('create', `/api/v1/namespaces/${namespace}/serviceaccounts`, 'token'),
    ...paths.map((path) => ({ text: `update ${path}`, request: { method: 'PUT' as const, path: `${path}?dryRun=All`, body: {} } })),
    ...paths.map((path) => ({ text: `patch ${path}`, request: { method: 'PATCH' as const, path: `${path}${query}`, body: label } })),
    ...paths.map((path) => ({ text: `delete ${path}`, request: { method: 'DELETE' as const, path: `${path}${query}` } })),
  ];
  return notForbidden(asTenant, attempts, signal);
}

/** An object without what the API server and the quota controller write; undefined when there is none. */
async function contentOf(kubernetes: Kubernetes, ref: Lock, signal: AbortSignal): Promise<string | undefined> {
  const object = await kubernetes.raw.read(ref, signal);
  if (object === undefined) return undefined;
  const { metadata, status: _, ...content } = object as KubernetesObject & { status?: unknown };
  return JSON.stringify({ ...content, uid: metadata?.uid, labels: metadata?.labels, deleted: metadata?.deletionTimestamp });
}
