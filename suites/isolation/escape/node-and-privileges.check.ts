import { lateIf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { ScratchTenant } from '../../fixtures/scratch-tenant.ts';
import { admitted, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { deployment, podWith } from '../tenant-objects.ts';
import { becameText, deploymentBecame, runs } from '../tenant-workload.ts';
import { check } from './check.ts';
import { type Ask, gated, ofTheNode, privileges } from './forbidden-pods.ts';
import { observeLivingSecurity, whichLevel, withheld } from './living-security.ts';

check(requirements['ISO-ESCAPE-HOST-NETWORK'], async (context, { tenantWithPod }) => {
  context.hint(whichLevel);
  context.control(runs('the same pod without the field', tenantWithPod.plain));
  await Promise.all([
    observeLivingSecurity(context, ofTheNode),
    ...ofTheNode.map((ask) => observeDeployed(context, tenantWithPod, ask)),
    observeAsTenant(context, tenantWithPod, ofTheNode),
  ]);
});

check(requirements['ISO-ESCAPE-PRIVILEGED'], async (context, { tenantWithPod }) => {
  context.hint(whichLevel);
  context.control(runs('the plain twin', tenantWithPod.plain));
  await Promise.all([observeLivingSecurity(context, privileges), observeAsTenant(context, tenantWithPod, privileges)]);
});

/** As the tenant itself; an administrator may, in a namespace for such pods. */
async function observeAsTenant(context: CheckContext, { namespace, asTenant }: ScratchTenant, asks: readonly Ask[]): Promise<void> {
  const { cluster, observe, control, signal } = context;
  const privileged = await privilegedNamespace(context);
  await Promise.all(
    asks.map(async (ask) => {
      const podIn = (where: string) => podWith(where, `conform-asks-${nonce()}`, { ...gated, ...ask.spec });
      const [answer, byAdmin] = await Promise.all([
        tryToMake(asTenant, podIn(namespace), { signal, dryRun: true }),
        tryToMake(cluster.kubernetes, podIn(privileged), { signal, dryRun: true }),
      ]);
      observe(withheld(`a pod of a tenant that asks for ${ask.asks}`, answer, { ...ask, vantage: namespace }));
      control(admitted(`an administrator's pod that asks for ${ask.asks}, in a namespace for such pods`, byAdmin, privileged));
    }),
  );
}

/** A controller of the tenant makes its pods: it is they that are refused. */
async function observeDeployed(context: CheckContext, { namespace, asTenant }: ScratchTenant, { asks, spec, words }: Ask): Promise<void> {
  const { observe, control, signal } = context;
  const name = `conform-${asks.toLowerCase()}-${nonce()}`;
  const made = await tryToMake(asTenant, deployment(namespace, name, { replicas: 1, pod: { ...gated, ...spec } }), { signal });
  control(admitted(`a Deployment whose pods ask for ${asks}`, made, namespace));
  const became = await deploymentBecame(context, { namespace, name });
  const pods = becameText(became);
  observe({
    subject: `pods of a Deployment that ask for ${asks}`,
    vantage: namespace,
    expected: `none, refused for ${words}`,
    saw: pods,
    held: pods.includes('violates PodSecurity') && pods.includes(words),
    ...lateIf(became.kind === 'idle' && became.late === true),
  });
}

/** Where an administrator may make what a tenant may not. */
async function privilegedNamespace({ changes }: CheckContext): Promise<string> {
  const name = `conform-privileged-${nonce()}`;
  await changes.create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
  });
  return name;
}
