import { promised } from '../../../guide/limits.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import type { ScratchTenant } from '../../fixtures/scratch-tenant.ts';
import { answerText, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { daemonSet, deployment, podWith } from '../tenant-objects.ts';
import { type Became, becameText, deploymentBecame, podBecame, runs } from '../tenant-workload.ts';
import { noneOf } from '../../../harness/engine/measured.ts';
import { check } from './check.ts';
import { plainContainer } from './forbidden-pods.ts';

const toleratesEverything = { tolerations: [{ operator: 'Exists' }], terminationGracePeriodSeconds: 0, containers: [plainContainer] };
/** The label and the taint that control planes have (Kubernetes: well-known labels). */
const onControlPlanes = { ...toleratesEverything, nodeSelector: { 'node-role.kubernetes.io/control-plane': '' } };

check(requirements['ISO-ESCAPE-CONTROL-PLANE'], async (context, { tenantWithPod }) => {
  context.hint(
    async () =>
      'kubectl get validatingadmissionpolicies,validatingadmissionpolicybindings: does one keep tenants from tolerations and nodeName (E88)?',
  );
  const { control } = context;
  const { nodes } = context.cluster.documented;
  const [controlPlanes, workers] = [namesOf(nodes, 'control-plane'), namesOf(nodes, 'worker')];
  control(runsOn('the same pod without these fields', tenantWithPod.plain, workers));
  await Promise.all([
    observeLivingPods(context, controlPlanes),
    observePods(context, tenantWithPod, controlPlanes),
    observeControllers(context, tenantWithPod, controlPlanes),
    controlByAdmin(context, tenantWithPod, controlPlanes),
  ]);
});

function namesOf(nodes: readonly { readonly name: string; readonly role: string }[], role: string): string[] {
  return nodes.filter((node) => node.role === role).map(({ name }) => name);
}

/** The pods of every tenant that exist. */
async function observeLivingPods({ cluster, observe }: CheckContext, controlPlanes: readonly string[]): Promise<void> {
  const tenants = await livingTenants(cluster.kubernetes);
  const { items } = await cluster.kubernetes.core.listPodForAllNamespaces();
  for (const { name } of tenants) {
    const there = items.filter(({ metadata, spec }) => metadata?.namespace === name && controlPlanes.includes(spec?.nodeName ?? ''));
    observe(
      noneOf(`pods of ${name} on a control plane node`, {
        saw: there.map(({ metadata, spec }) => `${metadata?.name} on ${spec?.nodeName}`),
      }),
    );
  }
}

async function observePods(context: CheckContext, { namespace, asTenant }: ScratchTenant, controlPlanes: readonly string[]): Promise<void> {
  const [first = ''] = controlPlanes;
  const pods = [
    { name: 'named', asks: `nodeName ${first}`, spec: { ...toleratesEverything, nodeName: first } },
    { name: 'selects', asks: 'every toleration and the control planes by label', spec: onControlPlanes },
  ];
  await Promise.all(
    pods.map(async ({ name, asks, spec }) => {
      const became = await madePod(context, asTenant, podWith(namespace, `conform-${name}-${nonce()}`, spec));
      context.observe(stays(`a pod that asks for ${asks}`, became, { namespace, controlPlanes }));
    }),
  );
}

/** What a Deployment and a DaemonSet of the tenant make. */
async function observeControllers(
  context: CheckContext,
  { namespace, asTenant }: ScratchTenant,
  controlPlanes: readonly string[],
): Promise<void> {
  const { observe, signal } = context;
  const name = `conform-deployed-${nonce()}`;
  const made = await tryToMake(asTenant, deployment(namespace, name, { replicas: 1, pod: onControlPlanes }), { signal });
  const became = made.status === 201 ? await deploymentBecame(context, { namespace, name }) : refusal(made);
  observe(stays('pods of a Deployment that ask for every toleration and the control planes', became, { namespace, controlPlanes }));
  const bySet = await tryToMake(asTenant, daemonSet(namespace, 'conform-set', onControlPlanes), { signal, dryRun: true });
  if (![201, 403, 422].includes(bySet.status)) throw new Error(`a DaemonSet: ${answerText(bySet)}`);
  observe({ subject: 'a DaemonSet of a tenant', vantage: namespace, expected: '403', saw: answerText(bySet), held: bySet.status === 403 });
}

/** The administrator's twin runs there: what keeps the tenant's away is who made it. */
async function controlByAdmin(context: CheckContext, { namespace }: ScratchTenant, [first = '']: readonly string[]): Promise<void> {
  const pod = podWith(namespace, `conform-admin-${nonce()}`, { ...toleratesEverything, nodeName: first });
  context.control(runsOn("an administrator's twin", await madePod(context, context.cluster.kubernetes, pod), [first]));
}

function stays(
  subject: string,
  became: Became,
  { namespace, controlPlanes }: { namespace: string; controlPlanes: readonly string[] },
): Measured {
  // Refused for something else, as by a quota, it has not been asked about its place.
  if (became.kind === 'refused' && !became.text.includes('ValidatingAdmissionPolicy')) throw new Error(`${subject}: ${became.text}`);
  // On a machine that is slow to start it, it is not away.
  if (became.kind === 'idle' && controlPlanes.includes(became.waitsOn ?? ''))
    throw new Error(`${subject}: placed on ${became.waitsOn}, and neither started nor turned away: ${became.text}`);
  return {
    subject,
    vantage: namespace,
    expected: `refused by an admission policy, or never started in ${promised.isolation.podStaysAwayMs / 1000} s`,
    saw: becameText(became),
    held: became.kind !== 'running' || !controlPlanes.includes(became.pod.spec?.nodeName ?? ''),
  };
}

function runsOn(subject: string, became: Became, nodes: readonly string[]): Measured {
  return {
    ...runs(subject, became),
    expected: `it runs on ${nodes.join(' or ')}`,
    held: became.kind === 'running' && nodes.includes(became.pod.spec?.nodeName ?? ''),
  };
}

async function madePod(context: CheckContext, who: Kubernetes, pod: ReturnType<typeof podWith>): Promise<Became> {
  const answer = await tryToMake(who, pod, { signal: context.signal });
  if (answer.status !== 201) return refusal(answer);
  return podBecame(context, { namespace: pod.metadata?.namespace ?? '', name: pod.metadata?.name ?? '' });
}

function refusal(answer: ApiAnswer): Became {
  return { kind: 'refused', text: answerText(answer) };
}
