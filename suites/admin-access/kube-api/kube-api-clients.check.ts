import { nonce } from '../../../harness/engine/stable-key.ts';
import { attempt } from '../../../harness/engine/attempt.ts';
import { check } from '../../fixtures/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { assignedAddress } from '../../../harness/platform/metallb/load-balancer.ts';
import { startEchoGroup } from '../../fixtures/echo-group.ts';
import { platform } from '../../fixtures/groups.ts';
import { atApi, lateIf, lateWhenWaited } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import type { Target } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { apiReader } from './api-reader.ts';
import { controlPlanes } from '../documented-nodes.ts';
import { requirements } from '../requirements.ts';

/** Every holder renews long before its Lease ends; the kubelet's is the longest, 40 s (Kubernetes: nodeLeaseDurationSeconds). */
const leaseMs = 40_000;
/** A change is seen by its watchers within this time; chosen by the register of the network suite. */
const watchedMs = 10_000;

/** As pods find it, at the virtual address, and each server. */
function apiTargets(cluster: Cluster): { name: string; to: Target }[] {
  const { apiServiceAddress, vip } = cluster.documented;
  const at = (name: string, host: string, port = 6443): { name: string; to: Target } => ({ name, to: { kind: 'tcp', host, port } });
  return [
    at("the API's Service", apiServiceAddress, 443),
    at('the virtual address', vip.address),
    ...controlPlanes(cluster).map(({ name, address }) => at(`the API on ${name}`, address)),
  ];
}

/** When each Lease was renewed last, by `namespace/name`. */
async function renewals({ coordination }: Kubernetes): Promise<Map<string, string>> {
  const { items } = await coordination.listLeaseForAllNamespaces();
  return new Map(
    items.map(({ metadata, spec }) => [
      `${metadata?.namespace}/${metadata?.name}`,
      spec?.renewTime === undefined ? 'never' : new Date(spec.renewTime).toISOString(),
    ]),
  );
}

/** Tells of each Lease whether it was renewed meanwhile: waits until these all were, for the time of one Lease at most. */
async function watchRenewals(kubernetes: Kubernetes, holders: readonly string[], signal: AbortSignal): Promise<(name: string) => boolean> {
  const before = await renewals(kubernetes);
  let now = before;
  const isRenewed = (name: string): boolean => now.has(name) && now.get(name) !== before.get(name);
  await attempt(signal, () =>
    until('Leases to be renewed', { timeoutMs: leaseMs, everyMs: 1000, signal }, async () => {
      now = await renewals(kubernetes);
      const left = holders.filter((name) => !isRenewed(name));
      return left.length === 0 ? { done: true } : { notYet: left.join(', ') };
    }),
  );
  return isRenewed;
}

check(
  requirements['ADM-KUBE-API-NODES'],
  async (context) => {
    const { cluster, changes, observe, control, signal } = context;
    const { kubernetes, documented } = cluster;
    context.hint(async () => 'kubectl get globalnetworkpolicy allow-admin-to-k8s-api -o yaml: are nodes and pods on the list (E22)?');
    const reader = await apiReader();
    const nodes = documented.nodes.map(({ name }) => name);
    const namespace = `conform-clients-${nonce()}`;
    await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await changes.create({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'nobody', namespace },
      spec: { holderIdentity: 'nobody', leaseDurationSeconds: 1, renewTime: new Date().toISOString().replace('Z', '000Z') },
    });
    const holders = [
      ...nodes.map((name) => `kube-node-lease/${name}`),
      'kube-system/kube-controller-manager',
      'kube-system/kube-scheduler',
    ];

    const renewing = watchRenewals(kubernetes, holders, signal);
    // Where nodes are cut off no pod comes up: that is what is looked at, so nothing here waits for one that others share.
    await connections(
      context,
      nodes.flatMap((host): Connection[] => [
        ...apiTargets(cluster).map(({ name, to }): Connection => ({ role: 'observation', from: { host }, to, name, expect: 'reached' })),
        {
          role: 'control',
          from: { host },
          to: { kind: 'tcp', host: documented.apiServiceAddress, port: 444 },
          name: 'a port that the Service does not have',
          expect: 'not-reached',
        },
      ]),
    );
    const [started, groups] = await Promise.all([
      attempt(signal, () => startEchoGroup(context, { namespace, type: 'LoadBalancer' })),
      attempt(signal, () => platform()),
    ]);
    observe({
      subject: 'new pods in the namespaces of the platform',
      vantage: atApi,
      expected: 'Ready',
      saw: groups.kind === 'done' ? 'Ready' : groups.text,
      held: groups.kind === 'done',
      ...lateWhenWaited(groups),
    });
    observe({
      subject: 'a new pod on each worker',
      vantage: atApi,
      expected: 'Ready',
      saw: started.kind === 'done' ? started.value.pods.map(({ node }) => node).join(', ') : started.text,
      held: started.kind === 'done',
      ...lateWhenWaited(started),
    });
    for (const { service, pods } of started.kind === 'done' ? [started.value] : []) {
      const [address, named] = await Promise.all([
        attempt(signal, () => assignedAddress(kubernetes, { namespace, name: service.name }, { timeoutMs: watchedMs, signal })),
        firstAnswer(
          cluster,
          { from: pods[0].place, to: { kind: 'dns', server: documented.dnsServiceAddress, name: service.dnsName, over: 'udp' } },
          {
            timeoutMs: watchedMs,
            signal,
            until: (outcome) => outcome.kind === 'resolved' && outcome.addresses.includes(service.clusterIp),
          },
        ),
      ]);
      observe({
        subject: 'an address of MetalLB for a new Service',
        vantage: atApi,
        expected: 'within 10 s',
        saw: address.kind === 'done' ? address.value : address.text,
        held: address.kind === 'done',
        ...lateWhenWaited(address),
      });
      observe({
        subject: 'the name of a new Service, by CoreDNS',
        vantage: `pod on ${pods[0].node}`,
        expected: `${service.clusterIp} within 10 s`,
        saw: named.text,
        held: named.answered,
        ...lateIf(!named.answered),
      });
    }
    await connections(
      context,
      (groups.kind === 'done' ? groups.value : []).flatMap(({ namespace: name, pods }) =>
        pods.flatMap(({ place, node }): Connection[] => [
          {
            role: 'observation',
            from: place,
            to: reader.get(documented.apiServiceAddress, '/readyz'),
            name: `the API, for ${name} on ${node}`,
            expect: { status: 200 },
          },
          {
            role: 'control',
            from: place,
            to: { kind: 'tcp', host: documented.apiServiceAddress, port: 444 },
            name: 'a port that the Service does not have',
            expect: 'not-reached',
          },
        ]),
      ),
    );

    const isRenewed = await renewing;
    for (const name of holders)
      observe({
        subject: `Lease ${name}`,
        vantage: atApi,
        expected: 'renewed within 40 s',
        saw: renewedText(isRenewed(name)),
        held: isRenewed(name),
        ...lateIf(!isRenewed(name)),
      });
    control({
      subject: 'a Lease that nobody holds, by the same reading',
      vantage: atApi,
      expected: 'not renewed',
      saw: renewedText(isRenewed(`${namespace}/nobody`)),
      held: !isRenewed(`${namespace}/nobody`),
    });
  },
  { uses: ['address-pools'] },
);

function renewedText(isRenewed: boolean): string {
  return isRenewed ? 'renewed' : 'not renewed';
}
