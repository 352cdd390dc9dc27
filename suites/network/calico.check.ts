import type { V1Deployment } from '@kubernetes/client-node';
import type { Measured } from '../../harness/engine/evidence.ts';
import { check } from '../fixtures/check.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import type { ApiAnswer } from '../../harness/platform/kubernetes/api-request.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { neutral } from '../fixtures/groups.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { connections } from '../../harness/probe/connections.ts';
import { runningVersions } from './running-versions.ts';
import { requirements } from './requirements.ts';
import { stepReadiness } from './step-readiness.ts';

check(requirements['NET-CALICO-VERSION'], async ({ cluster: { kubernetes, documented }, observe, control }) => {
  const [information, agents, speakers] = await Promise.all([
    kubernetes.objects.read({ apiVersion: 'crd.projectcalico.org/v1', kind: 'ClusterInformation', metadata: { name: 'default' } }),
    runningVersions(kubernetes, { namespace: 'calico-system', selector: 'k8s-app=calico-node', container: 'calico-node' }),
    runningVersions(kubernetes, { namespace: 'metallb-system', selector: 'component=speaker', container: 'speaker' }),
  ]);
  const { calico, metallb } = documented.versions;
  const version = (information as { spec?: { calicoVersion?: string } }).spec?.calicoVersion ?? 'none';
  observe(equal('ClusterInformation default, calicoVersion', { expected: calico, saw: version }));
  for (const { name } of documented.nodes)
    observe(equal(`calico-node that runs on ${name}`, { expected: calico, saw: agents.get(name) ?? 'none' }));
  control(equal('the same reading of the speakers', { expected: [metallb], saw: [...new Set(speakers.values())] }));
});

check(requirements['NET-CALICO-HEALTH'], async ({ cluster, observe, control, hint, signal }) => {
  const { kubernetes, documented } = cluster;
  hint(async () => 'kubectl -n calico-system get pods -o wide; kubectl get apiservice v3.projectcalico.org -o yaml');
  const [agents, deployments, api, operator] = await Promise.all([
    kubernetes.core.listNamespacedPod({ namespace: 'calico-system', labelSelector: 'k8s-app=calico-node' }),
    kubernetes.apps.listNamespacedDeployment({ namespace: 'calico-system' }),
    kubernetes.request({ method: 'GET', path: '/apis/projectcalico.org/v3/globalnetworkpolicies' }, signal),
    kubernetes.request({ method: 'GET', path: '/apis/operator.tigera.io/v1/tigerastatuses' }, signal),
  ]);
  const ready = agents.items.filter(isReady).map(({ spec }) => spec?.nodeName ?? '');
  observe(equal('nodes whose calico-node is Ready', { expected: documented.nodes.map(({ name }) => name), saw: ready }));
  for (const measured of available(deployments.items, { withOperator: operator.status !== 404 })) observe(measured);
  observe(equal("answer of Calico's own API to a list of its policies", { expected: '200', saw: String(api.status) }));
  for (const measured of reported(operator)) observe(measured);
  const felix = await Promise.all(documented.nodes.map(async ({ name }) => ({ name, code: await readinessOf(cluster, name, signal) })));
  for (const { name, code } of felix) observe(equal("answer of felix's readiness", { expected: '200', saw: code, vantage: name }));
  const nodes = await kubernetes.core.listNode();
  control(
    equal('nodes that the API knows', {
      expected: documented.nodes.map(({ name }) => name),
      saw: nodes.items.map(({ metadata }) => metadata?.name ?? ''),
    }),
  );
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

/** Where the operator installed Calico, it reports each component; elsewhere there is nothing to read. */
function reported({ status: code, body, message }: ApiAnswer): Measured[] {
  if (code !== 200 && code !== 404) throw new Error(`the API answered ${code} to a list of the operator's reports: ${message}`);
  const reports = (body as { items?: TigeraStatus[] }).items ?? [];
  return reports.map(({ metadata, status }) =>
    equal(`conditions of tigerastatus ${metadata.name}`, {
      expected: 'Available=True Degraded=False',
      saw: `Available=${conditionOf(status, 'Available')} Degraded=${conditionOf(status, 'Degraded')}`,
    }),
  );
}

interface TigeraStatus {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function conditionOf(status: TigeraStatus['status'], type: string): string {
  return status?.conditions?.find((each) => each.type === type)?.status ?? 'missing';
}

/** Felix serves its readiness on the node's loopback address (Calico: FelixConfiguration healthPort 9099). */
async function readinessOf(
  cluster: { runAt(name: string, command: readonly string[], signal: AbortSignal): Promise<string> },
  node: string,
  signal: AbortSignal,
): Promise<string> {
  return (
    await cluster.runAt(node, ['sh', '-c', 'curl -s -o /dev/null -m 10 -w "%{http_code}" http://localhost:9099/readiness || true'], signal)
  ).trim();
}

check(requirements['NET-CALICO-INSTALL'], async ({ cluster: { descriptor, documented, kubernetes }, observe, control }) => {
  const step = descriptor.steps.find(({ id }) => id === 'calico');
  if (step === undefined) throw new Error('the record of how the cluster was built has no step calico');
  observe(
    equal('outcome of the step that applies operator and custom resources', {
      expected: 'done',
      saw: step.outcome === 'done' ? 'done' : `${step.outcome}: ${step.detail}`,
      vantage: 'record of the building',
    }),
  );
  observe(stepReadiness(descriptor.steps, 'calico', { workload: 'daemonset/calico-node', withinSeconds: readyWithinSeconds }));
  const [agents, nodes] = await Promise.all([
    kubernetes.core.listNamespacedPod({ namespace: 'calico-system', labelSelector: 'k8s-app=calico-node' }),
    kubernetes.core.listNode(),
  ]);
  const documentedNodes = documented.nodes.map(({ name }) => name);
  observe(
    equal('nodes whose calico-node is Ready now', {
      expected: documentedNodes,
      saw: agents.items.filter(isReady).map(({ spec }) => spec?.nodeName ?? ''),
    }),
  );
  control(equal('nodes that the API knows', { expected: documentedNodes, saw: nodes.items.map(({ metadata }) => metadata?.name ?? '') }));
});

/** Guide, Install Calico CNI: kubectl wait --timeout=300s. */
const readyWithinSeconds = 300;

check(requirements['NET-NODES-READY'], async (context) => {
  const { cluster, observe, control, signal } = context;
  const { kubernetes, documented } = cluster;
  const [nodes, daemonSets, pods] = await Promise.all([
    kubernetes.core.listNode(),
    kubernetes.apps.listDaemonSetForAllNamespaces(),
    neutral(),
  ]);
  for (const { name } of documented.nodes) {
    const conditions = nodes.items.find(({ metadata }) => metadata?.name === name)?.status?.conditions ?? [];
    const is = (type: string): string => conditions.find((each) => each.type === type)?.status ?? 'absent';
    observe(equal(`condition Ready of ${name}`, { expected: 'True', saw: is('Ready') }));
    observe({
      subject: `condition NetworkUnavailable of ${name}`,
      vantage: atApi,
      expected: 'absent or False',
      saw: is('NetworkUnavailable'),
      held: ['absent', 'False'].includes(is('NetworkUnavailable')),
    });
  }
  const configurations = await Promise.all(
    documented.nodes.map(async ({ name }) => ({ name, files: await cniConfigurations(context.cluster, name, signal) })),
  );
  for (const { name, files } of configurations)
    observe({
      subject: 'CNI configurations',
      vantage: name,
      expected: 'one, of Calico',
      saw: files.join(', ') || 'none',
      held: files.length === 1 && /calico/.test(files[0] ?? ''),
    });
  observe(
    noneOf('DaemonSets of another CNI', {
      saw: daemonSets.items.map(({ metadata }) => metadata?.name ?? '').filter((name) => /flannel|cilium|weave|canal/.test(name)),
    }),
  );
  await connections(
    context,
    pods.pods.map(({ tcp, node }) => ({
      role: 'control',
      from: { host: node },
      to: tcp,
      name: `a pod that was just made on ${node}`,
      expect: 'reached',
    })),
  );
  control(
    equal('Ready workers on which a new pod got an address', {
      expected: workerNames(cluster).filter((name) => isReady(nodes.items.find(({ metadata }) => metadata?.name === name) ?? {})),
      saw: pods.pods.filter(({ address }) => address !== '').map(({ node }) => node),
    }),
  );
});

/** The configurations that containerd sees, by file name, in its order. */
async function cniConfigurations(
  cluster: { runAt(name: string, command: readonly string[], signal: AbortSignal): Promise<string> },
  node: string,
  signal: AbortSignal,
): Promise<string[]> {
  const listed = await cluster.runAt(node, ['sh', '-c', 'ls /etc/cni/net.d'], signal);
  return listed.split('\n').filter((name) => /\.(conf|conflist|json)$/.test(name));
}
