import { promised } from '../../../guide/limits.ts';
import { atApi, lateIf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { assignedAddress } from '../../../harness/platform/metallb/load-balancer.ts';
import { type Claim, type Destination, type Source, reach } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type EchoGroup, startEchoGroup, startEchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { atNodes, controlPlanes, portOf } from '../documented-nodes.ts';
import { requirements } from '../requirements.ts';
import { cameInTime, inTime } from '../../fixtures/in-time.ts';
import { notRenewed, renewed, watchRenewals } from './renewals.ts';

const { changeSeenMs } = promised.adminAccess;

// Where nodes are cut off no pod comes up, and that breaks the promise: so it takes no pods that others share, and waits for its own.
check(
  requirements['ADM-KUBE-API-NODES'],
  async (context, { apiReader }) => {
    const { cluster, changes, connect, control, hint, observe, signal } = context;
    hint(async () => 'kubectl get globalnetworkpolicy allow-admin-to-k8s-api -o yaml: are nodes and pods on the list (E22)?');
    const namespace = `conform-clients-${nonce()}`;
    await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await changes.createFrom(`${import.meta.dirname}/nobodys-lease.yaml`, {
      NAMESPACE: namespace,
      NOW: new Date().toISOString().replace('Z', '000Z'),
    });
    const holders = holdersIn(cluster);
    const renewing = watchRenewals(cluster.kubernetes, holders, signal);
    const { apiServiceAddress } = cluster.documented;
    await connect([nodesReachTheApi(cluster)]);
    const [started, own] = await Promise.all([
      inTime(() => startEchoGroup(context, { namespace, type: 'LoadBalancer' })),
      inTime(() => podsOfPlatform(context)),
    ]);
    observe(cameInTime('new pods in the namespaces of the platform', own, { vantage: atApi, expected: 'Ready', saw: () => 'Ready' }));
    observe(
      cameInTime('a new pod on each worker', started, {
        vantage: atApi,
        expected: 'Ready',
        saw: ({ pods }) => pods.map(({ node }) => node).join(', '),
      }),
    );
    if (started.kind === 'done') await newServiceIsServed(context, started.value);
    if (own.kind === 'done') {
      const api: Destination = { name: "the API's Service", target: apiReader.get(apiServiceAddress, '/version') };
      await connect([reach({ from: own.value, to: api, status: 200, unlike: otherPortOf(cluster) })]);
    }
    const isRenewed = await renewing;
    for (const name of holders) observe(renewed(name, isRenewed(name)));
    control(notRenewed('a Lease that nobody holds', isRenewed(`${namespace}/nobody`)));
  },
  { uses: ['address-pools'] },
);

/** The Leases of each kubelet, and of the two elected controllers. */
function holdersIn({ documented }: Cluster): string[] {
  return [
    ...documented.nodes.map(({ name }) => `kube-node-lease/${name}`),
    'kube-system/kube-controller-manager',
    'kube-system/kube-scheduler',
  ];
}

function otherPortOf({ documented: { apiServiceAddress: host } }: Cluster): Destination {
  return { name: "a port that the API's Service does not have", target: { kind: 'tcp', host, port: 444 } };
}

/** Each node, by all ways that pods and nodes have: the Service, the virtual address, each server. */
function nodesReachTheApi(cluster: Cluster): Claim {
  const { nodes, apiServiceAddress, vip } = cluster.documented;
  return reach({
    from: atNodes(nodes),
    to: [
      { name: "the API's Service", target: { kind: 'tcp', host: apiServiceAddress, port: 443 } },
      { name: 'the API at the virtual address', target: { kind: 'tcp', host: vip.address, port: 6443 } },
      ...portOf(controlPlanes(cluster), 6443, 'the API'),
    ],
    unlike: otherPortOf(cluster),
  });
}

/** One new pod in each namespace of the platform, spread over the workers. */
async function podsOfPlatform(context: CheckContext): Promise<Source[]> {
  const workers = workerNames(context.cluster);
  return Promise.all(
    context.cluster.documented.platformNamespaces.map(async (namespace, index) => {
      const { node, place } = await startEchoPod(context, { namespace, node: workers[index % workers.length] ?? '' });
      return { name: `pod of ${namespace} on ${node}`, place };
    }),
  );
}

/** MetalLB and CoreDNS watch the API: a new Service gets an address and a name. */
async function newServiceIsServed({ cluster, observe, signal }: CheckContext, { namespace, service, pods }: EchoGroup): Promise<void> {
  const options = { timeoutMs: changeSeenMs, signal };
  const [address, named] = await Promise.all([
    inTime(() => assignedAddress(cluster.kubernetes, { namespace, name: service.name }, options)),
    firstAnswer(
      cluster,
      {
        from: pods[0].place,
        to: { kind: 'dns', server: cluster.documented.dnsServiceAddress, name: service.dnsName, over: 'udp' },
      },
      {
        ...options,
        until: (outcome) => outcome.kind === 'resolved' && outcome.addresses.includes(service.clusterIp),
      },
    ),
  ]);
  const within = `within ${changeSeenMs / 1000} s`;
  observe(cameInTime('an address of MetalLB for a new Service', address, { vantage: atApi, expected: within, saw: (value) => value }));
  observe({
    subject: 'the name of a new Service, by CoreDNS',
    vantage: `pod on ${pods[0].node}`,
    expected: `${service.clusterIp} ${within}`,
    saw: named.text,
    held: named.answered,
    ...lateIf(!named.answered),
  });
}
