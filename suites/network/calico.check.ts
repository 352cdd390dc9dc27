import type { V1Deployment } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import type { ApiAnswer } from '../../harness/platform/kubernetes/api-request.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import type { CapabilityName } from '../../harness/platform/capabilities.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { atHost, reach } from '../../harness/probe/claims.ts';
import { check } from '../fixtures/check.ts';
import { everyNode } from './every-node.ts';
import { requirements } from './requirements.ts';
import { runningVersions } from './running-versions.ts';
import { buildingRecord, madeDuringStep, recordedStep, stepReadiness } from './step-readiness.ts';

const namespace = 'calico-system';
const agents = { namespace, labelSelector: 'k8s-app=calico-node' };

check(requirements['NET-CALICO-VERSION'], async ({ cluster, observe, control }) => {
  const { kubernetes, documented } = cluster;
  const [information, running, speakers, nodes] = await Promise.all([
    kubernetes.objects.read({ apiVersion: 'crd.projectcalico.org/v1', kind: 'ClusterInformation', metadata: { name: 'default' } }),
    runningVersions(kubernetes, { namespace, selector: agents.labelSelector, container: 'calico-node' }),
    runningVersions(kubernetes, { namespace: 'metallb-system', selector: 'component=speaker', container: 'speaker' }),
    everyNode(cluster),
  ]);
  const { calico, metallb } = documented.versions;
  const version = (information as { spec?: { calicoVersion?: string } }).spec?.calicoVersion ?? 'none';
  observe(equal('ClusterInformation default, calicoVersion', { expected: calico, saw: version }));
  for (const name of nodes) observe(equal(`calico-node that runs on ${name}`, { expected: calico, saw: running.get(name) ?? 'none' }));
  control(equal('the same reading of the speakers', { expected: [metallb], saw: [...new Set(speakers.values())] }));
});

check(requirements['NET-CALICO-HEALTH'], async ({ cluster, connect, observe, control, hint, signal }) => {
  const { kubernetes, documented } = cluster;
  hint(async () => 'kubectl -n calico-system get pods -o wide; kubectl get apiservice v3.projectcalico.org -o yaml');
  const [pods, deployments, api, operator, nodes] = await Promise.all([
    kubernetes.core.listNamespacedPod(agents),
    kubernetes.apps.listNamespacedDeployment({ namespace }),
    kubernetes.request({ method: 'GET', path: '/apis/projectcalico.org/v3/globalnetworkpolicies' }, signal),
    // A cluster without the operator has nothing to ask for its reports.
    isOffered(cluster, 'calico-operator')
      ? kubernetes.request({ method: 'GET', path: '/apis/operator.tigera.io/v1/tigerastatuses' }, signal)
      : undefined,
    everyNode(cluster),
  ]);
  const ready = pods.items.filter(isReady).map(({ spec }) => spec?.nodeName ?? '');
  observe(equal('nodes whose calico-node is Ready', { expected: nodes, saw: ready }));
  for (const measured of available(deployments.items, { withOperator: operator !== undefined })) observe(measured);
  observe(equal("answer of Calico's own API to a list of its policies", { expected: '200', saw: String(api.status) }));
  for (const measured of operator === undefined ? [] : reported(operator)) observe(measured);
  // Felix serves its readiness on the node's loopback address (Calico: FelixConfiguration, healthPort 9099).
  await connect(
    documented.nodes.map(({ name }) =>
      reach({
        from: atHost(name),
        to: { name: `felix's readiness on ${name}`, target: { kind: 'http', url: 'http://localhost:9099/readiness' } },
        status: 200,
      }),
    ),
  );
  const missing = await kubernetes.request({ method: 'GET', path: '/apis/crd.projectcalico.org/v1/conform-no-such-kind' }, signal);
  control(equal('answer of the API to a list of a kind that Calico does not have', { expected: '404', saw: String(missing.status) }));
});

function available(deployments: readonly V1Deployment[], { withOperator }: { withOperator: boolean }): Measured[] {
  // The operator also makes typha; without it calico-node asks the API itself.
  const needed = ['calico-kube-controllers', ...(withOperator ? ['calico-typha'] : [])];
  return [
    noneOf('Deployments of Calico that are missing or have no replica', {
      saw: needed.filter((name) => !deployments.some(({ metadata, spec }) => metadata?.name === name && spec?.replicas !== 0)),
    }),
    ...deployments.map(({ metadata, spec, status }) =>
      equal(`available replicas of ${metadata?.name}`, {
        expected: String(spec?.replicas ?? 1),
        saw: String(status?.availableReplicas ?? 0),
      }),
    ),
  ];
}

function isOffered({ descriptor }: Pick<Cluster, 'descriptor'>, capability: CapabilityName): boolean {
  const offered = descriptor.capabilities[capability];
  return offered !== undefined && offered.kind !== 'absent';
}

/** The operator's report on each component. */
function reported({ status: code, body, message }: ApiAnswer): Measured[] {
  if (code !== 200) throw new Error(`the API answered ${code} to a list of the operator's reports: ${message}`);
  const reports = (body as { items?: TigeraStatus[] }).items ?? [];
  return [
    { subject: 'reports of the operator', vantage: atApi, expected: 'some', saw: String(reports.length), held: reports.length > 0 },
    ...reports.map(({ metadata, status }) =>
      equal(`conditions of tigerastatus ${metadata.name}`, {
        expected: 'Available=True Degraded=False',
        saw: `Available=${conditionOf(status, 'Available')} Degraded=${conditionOf(status, 'Degraded')}`,
      }),
    ),
  ];
}

interface TigeraStatus {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function conditionOf(status: TigeraStatus['status'], type: string): string {
  return status?.conditions?.find((each) => each.type === type)?.status ?? 'missing';
}

check(requirements['NET-CALICO-INSTALL'], async ({ cluster, observe, control }) => {
  const { descriptor, kubernetes } = cluster;
  const step = recordedStep(descriptor.steps, 'calico');
  observe(
    equal('outcome of the step that applies operator and custom resources', {
      expected: 'done',
      saw: step.outcome === 'done' ? 'done' : `${step.outcome}: ${step.detail}`,
      vantage: buildingRecord,
    }),
  );
  const withinSeconds = promised.network.installedMs / 1000;
  observe(stepReadiness(descriptor.steps, 'calico', { workload: 'daemonset/calico-node', withinSeconds }));
  const [operators, installation, sets, pods, nodes] = await Promise.all([
    kubernetes.apps.listNamespacedDeployment({ namespace: 'tigera-operator' }),
    kubernetes.objects.list('operator.tigera.io/v1', 'Installation'),
    kubernetes.apps.listNamespacedDaemonSet({ namespace }),
    kubernetes.core.listNamespacedPod(agents),
    everyNode(cluster),
  ]);
  const madeAt = (items: readonly { metadata?: { name?: string; creationTimestamp?: Date } }[], name: string): Date | undefined =>
    items.find(({ metadata }) => metadata?.name === name)?.metadata?.creationTimestamp;
  const order = [
    { what: 'the operator', at: madeAt(operators.items, 'tigera-operator') },
    { what: 'the custom resource', at: madeAt(installation.items, 'default') },
    { what: 'calico-node', at: madeAt(sets.items, 'calico-node') },
  ];
  observe({
    subject: 'times at which the operator, the custom resource and calico-node were made',
    vantage: 'Kubernetes API',
    expected: 'in this order',
    saw: order.map(({ what, at }) => `${what} ${at?.toISOString() ?? 'never'}`).join(', '),
    held: order.every(({ at }, index) => at !== undefined && at >= (order[index - 1]?.at ?? at)),
  });
  observe(
    equal('nodes whose calico-node is Ready now', {
      expected: nodes,
      saw: pods.items.filter(isReady).map(({ spec }) => spec?.nodeName ?? ''),
    }),
  );
  control(madeDuringStep(step, { what: 'DaemonSet calico-node', at: madeAt(sets.items, 'calico-node') }));
});
