import type { V1ClusterRoleBinding, V1RoleBinding } from '@kubernetes/client-node';

/** A ClusterRoleBinding, or a RoleBinding with its namespace. */
export interface Binding {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly role: string;
  readonly subjects: readonly Subject[];
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** Reads a binding as the API has it. */
export function bindingOf({ metadata, roleRef, subjects }: V1ClusterRoleBinding | V1RoleBinding): Binding {
  return {
    name: metadata?.name ?? '',
    namespace: metadata?.namespace,
    role: `${roleRef.kind} ${roleRef.name}`,
    subjects: subjects ?? [],
  };
}

/** The bindings that name a namespace's ServiceAccounts in any of the ways that RBAC has: one by one, as users, all as a group. */
export function bindingsThatName(namespace: string, bindings: readonly Binding[]): string[] {
  return textsOf(bindings, (subject) => isOf(namespace, subject));
}

/**
 * Names that stand for every tenant, whoever it is: all ServiceAccounts, all who have logged in, and all who have not, for a tenant
 * may leave its token at home (Kubernetes: Authenticating, ServiceAccount tokens, Anonymous requests).
 */
const everybody: readonly Omit<Subject, 'namespace'>[] = [
  { kind: 'Group', name: 'system:serviceaccounts' },
  { kind: 'Group', name: 'system:authenticated' },
  { kind: 'Group', name: 'system:unauthenticated' },
  { kind: 'User', name: 'system:anonymous' },
];

/** The bindings that give a right to everybody, tenants included. */
export function bindingsForEverybody(bindings: readonly Binding[]): string[] {
  return textsOf(bindings, (subject) => everybody.some(({ kind, name }) => subject.kind === kind && subject.name === name));
}

/** Bindings for everybody that a cluster has by itself, and why they may be there. */
export const knownForEverybody: ReadonlyMap<string, string> = new Map([
  known('system:basic-user', 'system:authenticated', 'to ask about oneself (Kubernetes: RBAC, default roles)'),
  known('system:discovery', 'system:authenticated', 'to learn which APIs there are (Kubernetes: RBAC, default roles)'),
  ...['system:authenticated', 'system:unauthenticated'].map((group) =>
    known('system:public-info-viewer', group, 'version and health alone (Kubernetes: RBAC, default roles)'),
  ),
  known(
    'system:service-account-issuer-discovery',
    'system:serviceaccounts',
    'the keys of tokens alone (Kubernetes: ServiceAccount issuer discovery)',
  ),
  known(
    'calico-tiered-policy-passthrough',
    'system:authenticated',
    "Calico's API server decides by the right on the tier (docs.tigera.io, RBAC for tiered policies); ISO-RBAC-NO-SELF-UNLOCK tries it",
  ),
]);

function known(name: string, group: string, reason: string): [string, string] {
  return [bindingText({ name, role: `ClusterRole ${name}`, subjects: [] }, { kind: 'Group', name: group }), reason];
}

function isOf(namespace: string, { kind, name, namespace: where }: Subject): boolean {
  if (kind === 'ServiceAccount') return where === namespace;
  if (kind === 'Group') return name === `system:serviceaccounts:${namespace}`;
  return name.startsWith(`system:serviceaccount:${namespace}:`);
}

function textsOf(bindings: readonly Binding[], is: (subject: Subject) => boolean): string[] {
  return bindings.flatMap((binding) => binding.subjects.filter(is).map((subject) => bindingText(binding, subject)));
}

function bindingText({ name, namespace, role }: Binding, subject: Subject): string {
  return `${namespace === undefined ? 'ClusterRoleBinding ' : `RoleBinding ${namespace}/`}${name} gives ${role} to ${subject.kind} ${subject.name}`;
}
