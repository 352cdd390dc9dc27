import type { DocumentedCluster } from '../../../guide/cluster.ts';
import { noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { requirements } from '../requirements.ts';
import { asAccount, ofTenants } from './accounts.ts';
import { rulesElsewhere } from './rules.ts';
import { forbidden, listsEverywhere, notForbidden, roleRequests, verbRequest } from './verbs.ts';

check(
  requirements['ISO-RBAC-OTHER-NAMESPACE'],
  async (context) => {
    context.hint(
      async () =>
        'kubectl auth can-i --list --as=system:serviceaccount:<tenant>:tenant-sa -n <namespace>; ISO-RBAC-NO-LEAKED-BINDING: which binding names it?',
    );
    const { documented, kubernetes } = context.cluster;
    const tenants = (await livingTenants(kubernetes)).map(({ name }) => name);
    const role = withSecrets(documented.tenantRole);
    const others = [...documented.platformNamespaces, 'kube-system', 'default'];
    for (const own of tenants)
      await observeTenant(context, { own, role, elsewhere: [...tenants.filter((name) => name !== own), ...others] });
  },
  ofTenants,
);

type Role = DocumentedCluster['tenantRole'];

/** Secrets of others are asked for, too, where the role has none (E44). */
function withSecrets({ verbs, resources }: Role): Role {
  return { verbs, resources: [...resources.filter(({ resource }) => resource !== 'secrets'), { apiVersion: 'v1', resource: 'secrets' }] };
}

async function observeTenant(
  context: CheckContext,
  { own, role, elsewhere }: { own: string; role: Role; elsewhere: readonly string[] },
): Promise<void> {
  const { observe, control, signal } = context;
  const asTenant = await asAccount(context, own);
  const ownConfigMaps = role.verbs.map((verb) => verbRequest(verb, `/api/v1/namespaces/${own}/configmaps`));
  control(
    noneOf(`verbs that the token of ${own} is refused on ConfigMaps of its own namespace`, {
      saw: await forbidden(asTenant, ownConfigMaps, signal),
      vantage: own,
    }),
  );
  // One namespace after another: some eighty requests each are enough at a time.
  for (const namespace of elsewhere)
    observe(
      noneOf(`what tenant-sa of ${own} is not refused in ${namespace}`, {
        saw: await notForbidden(asTenant, roleRequests(role, namespace), signal),
      }),
    );
  observe(
    noneOf(`rights of tenant-sa of ${own} in every other namespace, beside those of everybody`, {
      saw: await rulesElsewhere(asTenant, context.cluster.kubernetes, { own, signal }),
    }),
  );
  observe(
    noneOf(`what tenant-sa of ${own} may list across all namespaces`, { saw: await notForbidden(asTenant, listsEverywhere(role), signal) }),
  );
}
