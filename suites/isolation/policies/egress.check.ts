import { nonce } from '../../../harness/engine/stable-key.ts';
import { check } from '../../fixtures/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { neutral, tenants } from '../../fixtures/groups.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import { type Outcome, type Target, outcomeText } from '../../../harness/probe/probe.ts';
import { anchor, denied, every, platformNames, sourcesOf, targetsLike, tenantNames, withinTenant } from '../../fixtures/cells.ts';
import { requirements } from '../requirements.ts';

const internet: Target = { kind: 'http', url: 'http://example.com/' };

check(requirements['ISO-DNS-RESOLVES'], async ({ cluster, observe, control, signal }) => {
  const { dnsServiceAddress, apiServiceAddress } = cluster.documented;
  const { alice, bob } = await tenants();
  const question = (name: string, over: 'udp' | 'tcp'): Target => ({ kind: 'dns', server: dnsServiceAddress, name, over });
  const asked = await Promise.all(
    [...alice.pods, ...bob.pods].map(async (pod) => ({
      pod,
      outcomes: await cluster.probe(
        pod.place,
        [
          question('kubernetes.default.svc.cluster.local', 'udp'),
          question('kubernetes.default.svc.cluster.local', 'tcp'),
          question('example.com', 'udp'),
          question('example.com', 'tcp'),
          question(`no-such-${nonce()}.default.svc.cluster.local`, 'udp'),
        ],
        signal,
      ),
    })),
  );
  for (const { pod, outcomes } of asked) {
    const vantage = cluster.placeText(pod.place);
    for (const outcome of outcomes) if (outcome.kind === 'failed') throw new Error(`the probe at ${vantage} did not work: ${outcome.text}`);
    for (const [index, over] of ['UDP', 'TCP'].entries()) {
      const [own, external] = [outcomes[index], outcomes[index + 2]];
      observe({
        ...equal(`kubernetes.default over ${over}`, { expected: `NOERROR ${apiServiceAddress}`, saw: resolvedText(own), vantage }),
        ...lateIf(own?.kind === 'timeout'),
      });
      observe({
        subject: `example.com over ${over}`,
        vantage,
        expected: 'NOERROR with an address',
        saw: external === undefined ? 'not asked' : outcomeText(external),
        held: external?.kind === 'resolved' && external.code === 'NOERROR' && external.addresses.length > 0,
        ...lateIf(external?.kind === 'timeout'),
      });
    }
    const missing = outcomes[4];
    control(
      equal('a name that is not there', {
        expected: 'NXDOMAIN',
        saw: missing?.kind === 'resolved' ? missing.code : (missing?.kind ?? 'not asked'),
        vantage,
      }),
    );
  }
});

function resolvedText(outcome: Outcome | undefined): string {
  return outcome?.kind === 'resolved' ? `${outcome.code} ${outcome.addresses.join(', ')}` : (outcome?.kind ?? 'not asked');
}

check(requirements['ISO-DNS-ONLY-KUBE-DNS'], async (context) => {
  const { cluster, changes, signal } = context;
  const [{ alice }, { pods: open }, servers] = await Promise.all([
    tenants(),
    neutral(),
    cluster.kubernetes.core.listNamespacedPod({ namespace: 'kube-system', labelSelector: 'k8s-app=kube-dns' }),
  ]);
  const decoy = `conform-decoy-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/dns-decoy.yaml`, { NAME: decoy });
  const [pod] = await readyPods(cluster.kubernetes, { namespace: 'kube-system', selector: `conform-decoy=${decoy}`, count: 1 }, signal);
  const host = pod?.status?.podIP ?? '';
  const closed = [
    ...(['tcp', 'udp'] as const).map((kind) => ({ name: 'a pod in kube-system that is not kube-dns', to: { kind, host, port: 53 } })),
    // CoreDNS serves its health and its metrics there (its plugins health and prometheus).
    ...servers.items.flatMap(({ metadata, status }) =>
      [8080, 9153].map((port) => ({ name: metadata?.name ?? '', to: { kind: 'tcp' as const, host: status?.podIP ?? '', port } })),
    ),
  ];
  await connections(context, [
    ...closed.map((each): Connection => ({ ...denied, from: alice.pods[0].place, ...each })),
    ...closed.map((each): Connection => ({ ...anchor, from: open[0].place, ...each })),
    {
      ...anchor,
      from: alice.pods[0].place,
      to: { kind: 'tcp', host: cluster.documented.dnsServiceAddress, port: 53 },
      name: 'cluster DNS',
    },
  ]);
});

check(requirements['ISO-DNS-NOT-OUTSIDE'], async (context) => {
  const { lan, dnsServiceAddress } = context.cluster.documented;
  const { alice, bob } = await tenants();
  const name = 'example.com';
  const outside = (over: 'udp' | 'tcp'): Target => ({ kind: 'dns', server: lan.gateway, name, over });
  const both = ['udp', 'tcp'] as const;
  await connections(context, [
    ...[alice, bob].flatMap(({ pods }) =>
      pods.flatMap(({ place }) =>
        both.map((over): Connection => ({ ...denied, from: place, to: outside(over), name: "the LAN's name server" })),
      ),
    ),
    ...both.map((over): Connection => ({ ...anchor, from: { host: 'lan' }, to: outside(over), name: "the LAN's name server" })),
    ...[alice, bob].flatMap(({ pods }) =>
      pods.map(({ place }): Connection => ({
        ...anchor,
        from: place,
        to: { kind: 'dns', server: dnsServiceAddress, name, over: 'udp' },
        name: 'cluster DNS',
      })),
    ),
  ]);
});

check(requirements['ISO-INTERNET-EGRESS'], async (context) => {
  const { nodes } = context.cluster.documented;
  const [{ alice, bob }, { pods: open }] = await Promise.all([tenants(), neutral()]);
  context.hint(
    async () =>
      'kubectl get networkpolicy deny-all-default -n canine-alice -o yaml: does an egress rule admit addresses outside the cluster (E41)?',
  );
  await connections(context, [
    ...[alice, bob].flatMap(({ pods }) =>
      pods.map(({ place }): Connection => ({
        role: 'observation',
        expect: { status: 200 },
        from: place,
        to: internet,
        name: 'a host of the internet, by name',
      })),
    ),
    { role: 'control', expect: 'not-reached', from: alice.pods[0].place, to: bob.pods[0].tcp, name: 'the other tenant' },
    {
      role: 'control',
      expect: 'not-reached',
      from: alice.pods[0].place,
      to: { kind: 'tcp', host: nodes[0]?.address ?? '', port: 6443 },
      name: 'the Kubernetes API',
    },
    {
      role: 'control',
      expect: { status: 200 },
      from: open[0].place,
      to: internet,
      name: 'the same host, from a namespace without policies',
    },
  ]);
});

check(
  requirements['ISO-KUBE-API-DENY'],
  async (context) => {
    const matrix = await connectionMatrix();
    const api = targetsLike(matrix, /^api /);
    await readCells(context, matrix, [
      ...tenantNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), api, denied)),
      ...platformNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), api, anchor)),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
    ]);
  },
  { uses: ['connection-matrix'] },
);

check(
  requirements['ISO-NODE-AND-LAN-DENY'],
  async (context) => {
    const { nodes } = context.cluster.documented;
    const matrix = await connectionMatrix();
    const services = targetsLike(matrix, /^(cp|w)\d+:\d+$/);
    const hosts = ['lan server', 'admin server', 'vpn server'];
    // What is listening, seen from a node or from the LAN: what answers nobody denies nothing.
    const open = services.filter((id) =>
      [...nodes.map(({ name }) => name), 'admin'].some(
        (from) => !id.startsWith(`${from}:`) && ['connected', 'answered'].includes(matrix.outcome(from, id).kind),
      ),
    );
    context.control({
      subject: 'ports of nodes that answer to somebody',
      vantage: 'nodes, admin',
      expected: 'at least kubelet and Talos API of every node',
      saw: open.join(', '),
      held: nodes.every(({ name }) => open.includes(`${name}:10250`) && open.includes(`${name}:50000`)),
    });
    await readCells(context, matrix, [
      ...tenantNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), [...open, ...hosts], denied)),
      ...every(matrix, ['outsider'], hosts, anchor),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
    ]);
  },
  { uses: ['connection-matrix'] },
);
