import type { V1Pod } from '@kubernetes/client-node';
import { check } from '../../harness/check.ts';
import { neutral } from '../../harness/fixtures/groups.ts';
import { atApi, equal, noneOf } from '../../harness/measured.ts';
import { connections } from '../../harness/vantage/connections.ts';
import { runningVersions } from './running-versions.ts';
import { requirements } from './requirements.ts';

check(requirements['NET-CALICO-VERSION'], async ({ cluster: { kubernetes, documented }, observe, control }) => {
  const [information, agents, speakers] = await Promise.all([
    kubernetes.objects.read({ apiVersion: 'crd.projectcalico.org/v1', kind: 'ClusterInformation', metadata: { name: 'default' } }),
    runningVersions(kubernetes, { namespace: 'calico-system', selector: 'k8s-app=calico-node', container: 'calico-node' }),
    runningVersions(kubernetes, { namespace: 'metallb-system', selector: 'component=speaker', container: 'speaker' }),
  ]);
  const { calico, metallb } = documented.versions;
  const version = (information as { spec?: { calicoVersion?: string } }).spec?.calicoVersion ?? 'none';
  observe(equal('ClusterInformation default, calicoVersion', { expected: calico, saw: version }));
  for (const { name } of documented.nodes) observe(equal(`calico-node that runs on ${name}`, { expected: calico, saw: agents.get(name) ?? 'none' }));
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
  for (const { metadata, spec, status } of deployments.items) observe(equal(`available replicas of ${metadata?.name}`, { expected: String(spec?.replicas ?? 1), saw: String(status?.availableReplicas ?? 0) }));
  observe(equal("answer of Calico's own API to a list of its policies", { expected: '200', saw: String(api.status) }));
  // Where the operator installed Calico, it reports each component; elsewhere there is nothing to read.
  const reports = (operator.body as { items?: TigeraStatus[] }).items ?? [];
  for (const { metadata, status } of reports) observe(equal(`conditions of tigerastatus ${metadata.name}`, { expected: 'Available=True Degraded=False', saw: `Available=${conditionOf(status, 'Available')} Degraded=${conditionOf(status, 'Degraded')}` }));
  const felix = await Promise.all(documented.nodes.map(async ({ name }) => ({ name, code: await readinessOf(cluster, name, signal) })));
  for (const { name, code } of felix) observe(equal("answer of felix's readiness", { expected: '200', saw: code, vantage: name }));
  const nodes = await kubernetes.core.listNode();
  control(equal('nodes that the API knows', { expected: documented.nodes.map(({ name }) => name), saw: nodes.items.map(({ metadata }) => metadata?.name ?? '') }));
});

interface TigeraStatus {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function conditionOf(status: TigeraStatus['status'], type: string): string {
  return status?.conditions?.find((each) => each.type === type)?.status ?? 'missing';
}

/** Felix serves its readiness on the node's loopback address (Calico: FelixConfiguration healthPort 9099). */
async function readinessOf(cluster: { runAt(name: string, command: readonly string[], signal: AbortSignal): Promise<string> }, node: string, signal: AbortSignal): Promise<string> {
  return (await cluster.runAt(node, ['sh', '-c', 'curl -s -o /dev/null -m 3 -w "%{http_code}" http://localhost:9099/readiness || true'], signal)).trim();
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

check(requirements['NET-CALICO-INSTALL'], async ({ cluster: { descriptor, kubernetes }, observe, control }) => {
  const step = descriptor.steps.find(({ id }) => id === 'calico');
  if (step === undefined) throw new Error('the record of how the cluster was built has no step calico');
  observe(equal('outcome of the step that applies operator and custom resources', { expected: 'done', saw: step.outcome === 'done' ? 'done' : `${step.outcome}: ${step.detail}`, vantage: 'record of the building' }));
  const agents = await kubernetes.core.listNamespacedPod({ namespace: 'calico-system', labelSelector: 'k8s-app=calico-node' });
  const readyAfter = agents.items.map((pod) => (readySince(pod) - Date.parse(step.startedAt)) / 1000);
  const slowest = Math.max(...readyAfter);
  // Guide, Install Calico CNI: kubectl wait --timeout=300s.
  observe({ subject: 'calico-node Ready after the first apply', vantage: atApi, expected: 'at most 300 s', saw: `${slowest.toFixed(0)} s`, held: slowest <= 300 });
  control(equal('pods whose readiness has a time', { expected: String(agents.items.length), saw: String(readyAfter.filter(Number.isFinite).length) }));
});

function readySince({ status }: V1Pod): number {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime?.getTime() ?? Number.NaN;
}

check(requirements['NET-NODES-READY'], async (context) => {
  const { cluster, observe, control, signal } = context;
  const { kubernetes, documented } = cluster;
  const [nodes, daemonSets, pods] = await Promise.all([kubernetes.core.listNode(), kubernetes.apps.listDaemonSetForAllNamespaces(), neutral()]);
  for (const { name } of documented.nodes) {
    const conditions = nodes.items.find(({ metadata }) => metadata?.name === name)?.status?.conditions ?? [];
    const is = (type: string): string => conditions.find((each) => each.type === type)?.status ?? 'absent';
    observe(equal(`condition Ready of ${name}`, { expected: 'True', saw: is('Ready') }));
    observe({ subject: `condition NetworkUnavailable of ${name}`, vantage: atApi, expected: 'absent or False', saw: is('NetworkUnavailable'), held: is('NetworkUnavailable') !== 'True' });
  }
  const configurations = await Promise.all(documented.nodes.map(async ({ name }) => ({ name, files: await cniConfigurations(context.cluster, name, signal) })));
  for (const { name, files } of configurations) observe({ subject: 'CNI configurations', vantage: name, expected: 'one, of Calico', saw: files.join(', ') || 'none', held: files.length === 1 && /calico/.test(files[0] ?? '') });
  observe(noneOf('DaemonSets of another CNI', { saw: daemonSets.items.map(({ metadata }) => metadata?.name ?? '').filter((name) => /flannel|cilium|weave|canal/.test(name)) }));
  await connections(context, pods.pods.map(({ tcp, node }) => ({ role: 'control', from: { host: node }, to: tcp, name: `a pod that was just made on ${node}`, expect: 'reached' })));
  control(equal('workers on which a new pod got an address', { expected: documented.nodes.filter(({ role }) => role === 'worker').map(({ name }) => name), saw: pods.pods.filter(({ address }) => address !== '').map(({ node }) => node) }));
});

/** The configurations that containerd sees, by file name, in its order. */
async function cniConfigurations(cluster: { runAt(name: string, command: readonly string[], signal: AbortSignal): Promise<string> }, node: string, signal: AbortSignal): Promise<string[]> {
  const listed = await cluster.runAt(node, ['sh', '-c', 'ls /etc/cni/net.d'], signal);
  return listed.split('\n').filter((name) => /\.(conf|conflist|json)$/.test(name));
}

