import type { KubernetesObject } from '@kubernetes/client-node';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { runLabel } from '../../../harness/engine/changes/changes.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';

/** Guide, Step 6: the kinds of the template. */
const templateKinds: readonly Kind[] = [
  { kind: 'NetworkPolicy', base: '/apis/networking.k8s.io/v1', plural: 'networkpolicies' },
  { kind: 'ResourceQuota', base: '/api/v1', plural: 'resourcequotas' },
  { kind: 'LimitRange', base: '/api/v1', plural: 'limitranges' },
  { kind: 'ServiceAccount', base: '/api/v1', plural: 'serviceaccounts' },
  { kind: 'Role', base: '/apis/rbac.authorization.k8s.io/v1', plural: 'roles' },
  { kind: 'RoleBinding', base: '/apis/rbac.authorization.k8s.io/v1', plural: 'rolebindings' },
];

/** The kinds that a script with an administrator's rights could leave in a cluster besides, without anybody noticing. */
const wholeCluster: readonly Kind[] = [
  ...templateKinds,
  { kind: 'Namespace', base: '/api/v1', plural: 'namespaces' },
  { kind: 'ClusterRole', base: '/apis/rbac.authorization.k8s.io/v1', plural: 'clusterroles' },
  { kind: 'ClusterRoleBinding', base: '/apis/rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings' },
];

/** Guide, Step 6: the seven objects; the second policy has another name in each profile (errata E40, E42). */
export const templateObjects = [
  'LimitRange tenant-limits',
  'NetworkPolicy another',
  'NetworkPolicy deny-all-default',
  'ResourceQuota tenant-quota',
  'Role tenant-role',
  'RoleBinding tenant-rolebinding',
  'ServiceAccount tenant-sa',
];

interface Kind {
  readonly kind: string;
  readonly base: string;
  readonly plural: string;
}

type FoundObject = KubernetesObject & { readonly kind: string };

/** A namespace's objects of the template's kinds, without those that Kubernetes itself puts into each namespace. */
export async function isolationObjects(kubernetes: Kubernetes, namespace: string, signal: AbortSignal): Promise<FoundObject[]> {
  const all = await Promise.all(templateKinds.map((kind) => list(kubernetes, { ...kind, namespace }, signal)));
  return all.flat().filter(({ kind, metadata }) => !(kind === 'ServiceAccount' && metadata?.name === 'default'));
}

/** The objects when their versions stand still: the quota's moves while it counts what has just come. */
export async function settledObjects(kubernetes: Kubernetes, namespace: string, signal: AbortSignal): Promise<FoundObject[]> {
  let before: string | undefined;
  return until(`the quota of ${namespace} to have counted`, { timeoutMs: patience('effect'), everyMs: 1000, signal }, async () => {
    const objects = await isolationObjects(kubernetes, namespace, signal);
    const now = versions(objects).join(', ');
    const stands = now === before;
    before = now;
    return stands ? { done: objects } : { notYet: now };
  });
}

/** As `templateObjects` names them. */
export function objectNames(objects: readonly FoundObject[]): string[] {
  return objects.map(
    ({ kind, metadata }) =>
      `${kind} ${kind === 'NetworkPolicy' && metadata?.name !== 'deny-all-default' ? 'another' : (metadata?.name ?? '')}`,
  );
}

/** Objects by kind, namespace and name, each with a text that changes when somebody changes it. */
export type Snapshot = ReadonlyMap<string, string>;

/** The cluster's objects of these kinds, without those that a run makes elsewhere: its scratch namespaces and labelled objects. */
export async function clusterSnapshot(kubernetes: Kubernetes, ownNamespace: string, signal: AbortSignal): Promise<Snapshot> {
  const objects = (await Promise.all(wholeCluster.map((kind) => list(kubernetes, kind, signal)))).flat();
  return new Map(
    objects
      .filter((object) => namespaceOf(object) === ownNamespace || !isOfRun(object))
      .map((object) => [nameOf(object), fingerprint(object)]),
  );
}

/** The objects that are new, changed or gone: `+ Role canine-alice/tenant-role`. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  const added = [...after.keys()].filter((name) => !before.has(name)).map((name) => `+ ${name}`);
  const changed = [...after].filter(([name, text]) => before.has(name) && before.get(name) !== text).map(([name]) => `~ ${name}`);
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => `- ${name}`);
  return [...added, ...changed, ...gone];
}

/** The versions by which the API server tells whether anything was written: `Role tenant-role: 1234`. */
export function versions(objects: readonly FoundObject[]): string[] {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata?.name}: ${metadata?.resourceVersion}`);
}

async function list(
  kubernetes: Kubernetes,
  { kind, base, plural, namespace }: Kind & { readonly namespace?: string },
  signal: AbortSignal,
): Promise<FoundObject[]> {
  const { status, body, message } = await kubernetes.request(
    { method: 'GET', path: `${base}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}` },
    signal,
  );
  if (status !== 200) throw new Error(`${plural} cannot be listed: the API answered ${status} ${message}`);
  return (body as { items: KubernetesObject[] }).items.map((item) => ({ ...item, kind }));
}

function nameOf({ kind, metadata }: FoundObject): string {
  return `${kind} ${metadata?.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata?.name}`;
}

function namespaceOf({ kind, metadata }: FoundObject): string | undefined {
  return kind === 'Namespace' ? metadata?.name : metadata?.namespace;
}

function isOfRun(object: FoundObject): boolean {
  return object.metadata?.labels?.[runLabel] !== undefined || /^(canine-)?conform-/.test(namespaceOf(object) ?? '');
}

/** Without the fields that the server writes by itself. */
function fingerprint({ metadata, ...rest }: FoundObject): string {
  const { uid, labels, annotations } = metadata ?? {};
  return JSON.stringify({ ...rest, status: undefined, uid, labels, annotations });
}
