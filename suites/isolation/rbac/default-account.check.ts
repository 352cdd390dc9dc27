import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { answerText } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { asAccount, ofTenants } from './accounts.ts';
import { ownRules, rulesElsewhere } from './rules.ts';
import { type VerbRequest, notForbidden, verbRequest } from './verbs.ts';

check(
  requirements['ISO-RBAC-DEFAULT-SA'],
  async (context) => {
    const tenants = (await livingTenants(context.cluster.kubernetes)).map(({ name }) => name);
    const others = [...context.cluster.documented.platformNamespaces, 'kube-system', 'default'];
    for (const own of tenants) await observeDefaultAccount(context, own, [...new Set([...tenants, ...others])]);
  },
  ofTenants,
);

/** What the account is not refused in each of the namespaces; what tenant-sa gets by the same request proves that there is something. */
async function observeDefaultAccount(context: CheckContext, own: string, namespaces: readonly string[]): Promise<void> {
  const { cluster, observe, control, signal } = context;
  const [asDefault, asTenant] = await Promise.all([asAccount(context, own, 'default'), asAccount(context, own)]);
  const vantage = `ServiceAccount default of ${own}`;
  for (const namespace of namespaces)
    observe(
      noneOf(`what the default account of ${own} is not refused in ${namespace}`, {
        saw: await notForbidden(asDefault, reads(namespace), signal),
        vantage,
      }),
    );
  observe(
    equal(`rights of the default account of ${own} in its own namespace, beside those of everybody`, {
      expected: [],
      saw: await ownRules(asDefault, cluster.kubernetes, { namespace: own, signal }),
      vantage,
    }),
  );
  observe(
    noneOf(`rights of the default account of ${own} in every other namespace, beside those of everybody`, {
      saw: await rulesElsewhere(asDefault, cluster.kubernetes, { own, signal }),
      vantage,
    }),
  );
  const listed = await asTenant.request({ method: 'GET', path: `/api/v1/namespaces/${own}/pods` }, signal);
  control(equal(`the answer to tenant-sa of ${own} that lists pods`, { expected: '200', saw: answerText(listed), vantage: own }));
}

function reads(namespace: string): VerbRequest[] {
  return ['pods', 'secrets', 'configmaps', 'services'].flatMap((resource) =>
    ['list', 'get'].map((verb) => verbRequest(verb, `/api/v1/namespaces/${namespace}/${resource}`)),
  );
}
