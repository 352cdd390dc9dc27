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

/** The bindings that name a namespace's ServiceAccounts in any of the ways that RBAC has: one by one, as users, all as a group. */
export function bindingsThatName(namespace: string, bindings: readonly Binding[]): string[] {
  return bindings.flatMap((binding) =>
    binding.subjects.filter((subject) => isOf(namespace, subject)).map((subject) => bindingText(binding, subject)),
  );
}

function isOf(namespace: string, { kind, name, namespace: where }: Subject): boolean {
  if (kind === 'ServiceAccount') return where === namespace;
  if (kind === 'Group') return name === `system:serviceaccounts:${namespace}`;
  return name.startsWith(`system:serviceaccount:${namespace}:`);
}

function bindingText({ name, namespace, role }: Binding, subject: Subject): string {
  return `${namespace === undefined ? 'ClusterRoleBinding ' : `RoleBinding ${namespace}/`}${name} gives ${role} to ${subject.kind} ${subject.name}`;
}
