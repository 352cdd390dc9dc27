import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import type { V1ClusterRoleBinding } from '@kubernetes/client-node';
import { check } from '../../fixtures/check.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { answerText, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { type Asker, ofTenants } from './accounts.ts';
import { type Binding, bindingOf, bindingsForEverybody, bindingsThatName, knownForEverybody } from './bindings.ts';

check(
  requirements['ISO-RBAC-NO-LEAKED-BINDING'],
  async (context) => {
    const { cluster, observe, control } = context;
    const [bindings, tenants] = await Promise.all([everyBinding(cluster.kubernetes), livingTenants(cluster.kubernetes)]);
    observe(
      noneOf('bindings for everybody, beside those that are known', {
        saw: bindingsForEverybody(bindings).filter((each) => !knownForEverybody.has(each)),
      }),
    );
    for (const { name } of tenants) {
      const own = `RoleBinding ${name}/tenant-rolebinding gives Role tenant-role to ServiceAccount tenant-sa`;
      const found = bindingsThatName(name, bindings);
      observe(noneOf(`bindings that name accounts of ${name}, beside tenant-rolebinding`, { saw: found.filter((each) => each !== own) }));
    }
    const [first = { name: '' }] = tenants;
    const planted = await plantedBinding(context, first.name);
    control(
      equal(`the same looks at a binding of three accounts and groups that include ${first.name}, as a dry run`, {
        expected: ['2 that name it', '1 for everybody'],
        saw: [`${bindingsThatName(first.name, [planted]).length} that name it`, `${bindingsForEverybody([planted]).length} for everybody`],
      }),
    );
  },
  ofTenants,
);

/** A binding of the whole cluster as it would exist if it were made: for one account, for all of the namespace, and for all who have logged in. */
async function plantedBinding({ cluster: { kubernetes }, signal }: Asker, namespace: string): Promise<Binding> {
  const apiGroup = 'rbac.authorization.k8s.io';
  const binding = {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `conform-leak-${nonce()}` },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'view' },
    subjects: [
      { kind: 'ServiceAccount', name: 'tenant-sa', namespace },
      { kind: 'Group', apiGroup, name: `system:serviceaccounts:${namespace}` },
      { kind: 'Group', apiGroup, name: 'system:authenticated' },
    ],
  };
  const answer = await tryToMake(kubernetes, binding, { signal, dryRun: true });
  if (answer.status !== 201) throw new Error(`a ClusterRoleBinding as a dry run: ${answerText(answer)}`);
  return bindingOf(answer.body as V1ClusterRoleBinding);
}

async function everyBinding({ rbac }: Pick<Kubernetes, 'rbac'>): Promise<Binding[]> {
  const [ofCluster, ofNamespaces] = await Promise.all([rbac.listClusterRoleBinding(), rbac.listRoleBindingForAllNamespaces()]);
  return [...ofCluster.items, ...ofNamespaces.items].map(bindingOf);
}
