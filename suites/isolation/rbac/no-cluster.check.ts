import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { answerText } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { asAccount, ofTenants } from './accounts.ts';
import { ownRules, rightsOfRole } from './rules.ts';
import { forbidden, notForbidden, verbRequest } from './verbs.ts';

/** Kinds of the whole cluster, and of the namespaces that hold the platform's own settings. */
const clusterWide = [
  '/api/v1/nodes',
  '/api/v1/namespaces',
  '/api/v1/persistentvolumes',
  '/apis/storage.k8s.io/v1/storageclasses',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  '/apis/crd.projectcalico.org/v1/globalnetworkpolicies',
  '/apis/projectcalico.org/v3/globalnetworkpolicies',
  '/apis/projectcalico.org/v3/hostendpoints',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools',
  '/apis/metallb.io/v1beta1/namespaces/metallb-system/l2advertisements',
  '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  '/apis/certificates.k8s.io/v1/certificatesigningrequests',
];
const requests = ['list', 'create', 'delete'].flatMap((verb) => clusterWide.map((collection) => verbRequest(verb, collection)));

check(
  requirements['ISO-RBAC-NO-CLUSTER'],
  async (context) => {
    const { cluster, control, signal } = context;
    const { kubernetes } = cluster;
    for (const { name } of await livingTenants(kubernetes)) await observeTenant(context, name);
    const lists = clusterWide.map((collection) => verbRequest('list', collection));
    const seen = await Promise.all(lists.map(async ({ text, request }) => ({ text, answer: await kubernetes.request(request, signal) })));
    control(
      noneOf('lists that an administrator does not get', {
        saw: seen.filter(({ answer }) => answer.status !== 200).map(({ text, answer }) => `${text}: ${answerText(answer)}`),
      }),
    );
    control(noneOf('requests that an administrator is refused', { saw: await forbidden(kubernetes, requests, signal) }));
  },
  ofTenants,
);

/** What tenant-sa is not refused, and the rights that the API server tells it. */
async function observeTenant(context: CheckContext, namespace: string): Promise<void> {
  const { cluster, observe, signal } = context;
  const asTenant = await asAccount(context, namespace);
  const vantage = `tenant-sa of ${namespace}`;
  const rightsIn = async (where: string): Promise<string[]> => ownRules(asTenant, cluster.kubernetes, { namespace: where, signal });
  observe(noneOf(`what ${vantage} is not refused`, { saw: await notForbidden(asTenant, requests, signal), vantage }));
  observe(
    equal(`rights of ${vantage} in its own namespace, beside those of everybody`, {
      expected: rightsOfRole(cluster.documented.tenantRole),
      saw: await rightsIn(namespace),
      vantage,
    }),
  );
  observe(equal(`rights of ${vantage} elsewhere, beside those of everybody`, { expected: [], saw: await rightsIn('default'), vantage }));
}
