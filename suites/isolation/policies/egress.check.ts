import { promised } from '../../../guide/limits.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Claim, type Destination, type Source, reach } from '../../../harness/probe/claims.ts';
import { outcomeText, reached } from '../../../harness/probe/probe.ts';
import { check } from '../../fixtures/check.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { workerNames } from '../../fixtures/echo-group.ts';
import { fromHosts, fromKind, toKind } from '../../fixtures/matrix-parts.ts';
import { tenantNames } from '../../fixtures/names.ts';
import { requirements } from '../requirements.ts';
import { podSource, podSources, sourcesIn, webOf, websIn } from './sources.ts';

const internetName = 'example.com';
const withinSeconds = promised.isolation.internetFetchMs / 1000;

/** A fetch by name, as programs write it: without a final dot, so that the pod's own resolver and its search domains decide. */
function fetched(protocol: 'http' | 'https'): Destination {
  return {
    name: `${protocol}://${internetName}/ by the pod's own resolver`,
    target: { kind: 'http', url: `${protocol}://${internetName}/`, withinSeconds, ...(protocol === 'https' ? { insecure: true } : {}) },
  };
}

check(requirements['ISO-INTERNET-EGRESS'], async (context, { matrix, tenants, neutral }) => {
  const { connect, cluster, hint } = context;
  hint(
    async () =>
      'kubectl get networkpolicy deny-all-default -n canine-alice -o yaml: does an egress rule admit addresses outside the cluster (E41)? kubectl exec in a pod: cat /etc/resolv.conf (does a search domain answer for every name?)',
  );
  // By its address: whether names are right is part of what is observed.
  const [byAddress] = matrix.targets(toKind('internet'), 1);
  if (byAddress === undefined) throw new Error('the matrix has no host of the internet');
  const open = podSource('neutral', neutral.pods[0]);
  const api: Destination = {
    name: 'Kubernetes API at a control plane',
    target: { kind: 'tcp', host: cluster.documented.nodes[0]?.address ?? '', port: 6443 },
  };
  const pages = [fetched('http'), ...((await servesHttps(context, { from: open, host: byAddress })) ? [fetched('https')] : [])];
  await connect(
    [['alice', 'bob'] as const, ['bob', 'alice'] as const].map(([name, other]): Claim => {
      const { attempts } = reach({
        from: podSources(name, tenants[name]),
        to: pages,
        status: 200,
        unlike: [webOf(other, tenants[other].pods[0]), api],
      });
      return { attempts: [...attempts, { role: 'control', from: open, to: byAddress, expect: 'reached' }] };
    }),
  );
});

/** Whether the host of the internet has a web server for HTTPS. */
async function servesHttps({ cluster, signal }: CheckContext, { from, host }: { from: Source; host: Destination }): Promise<boolean> {
  if (host.target.kind !== 'tcp') throw new Error(`${host.name} is no TCP target`);
  const [outcome] = await cluster.probe(from.place, [{ kind: 'tcp', host: host.target.host, port: 443 }], signal);
  if (outcome === undefined || outcome.kind === 'failed')
    throw new Error(`the probe did not work: ${outcome === undefined ? 'no outcome' : outcomeText(outcome)}`);
  return reached(outcome);
}

check(requirements['ISO-KUBE-API-DENY'], async ({ connect, cluster }, { matrix }) => {
  const workers = workerNames(cluster).length;
  const controlPlanes = cluster.documented.nodes.filter(({ role }) => role === 'control-plane').length;
  await connect(
    tenantNames.map((tenant) =>
      matrix.denial({
        from: sourcesIn(matrix, tenant, workers),
        // Its Service, the virtual IP, its name, and each control plane.
        to: matrix.targets(toKind('api'), 3 + controlPlanes),
        sameSourceReaches: websIn(matrix, tenant, workers),
        targetAnswers: matrix.sources(fromKind('platform'), { atLeast: cluster.documented.platformNamespaces.length }),
      }),
    ),
  );
});

/** Ports that every node of the documented cluster serves: the kubelet's and Talos's. */
const portsOfEveryNode = [10_250, 50_000];

check(requirements['ISO-NODE-AND-LAN-DENY'], async ({ connect, control, cluster }, { matrix }) => {
  const workers = workerNames(cluster).length;
  const open = answeringPorts(
    matrix,
    cluster.documented.nodes.map(({ name }) => name),
  );
  control({
    subject: 'ports of nodes that answer another node or the admin workstation',
    vantage: 'nodes, admin',
    expected: 'at least kubelet and Talos API of every node',
    saw: open.map(({ to }) => to.name).join(', '),
    held: cluster.documented.nodes.every(({ name }) =>
      portsOfEveryNode.every((port) => open.some(({ to }) => to.name === `${name}:${port}`)),
    ),
  });
  await connect(
    tenantNames.flatMap((tenant) => {
      const of = { from: sourcesIn(matrix, tenant, workers), sameSourceReaches: websIn(matrix, tenant, workers) };
      return [
        matrix.denial({ ...of, to: open.map(({ to }) => to), targetAnswers: (target) => open.find(({ to }) => to === target)?.by ?? [] }),
        matrix.denial({ ...of, to: matrix.targets(toKind('host'), 3), targetAnswers: matrix.sources(fromHosts('outsider'), 1) }),
      ];
    }),
  );
});

/** The ports of each node that answer another node or the admin workstation: one that answers nobody denies nothing. */
function answeringPorts(matrix: ConnectionMatrix, nodes: readonly string[]): { to: Destination; by: Source }[] {
  return nodes.flatMap((name) => {
    const others = matrix.sources(fromHosts(...nodes.filter((other) => other !== name), 'admin'), nodes.length);
    return matrix
      .targets(
        toKind('node', ({ node }) => node === name),
        { atLeast: portsOfEveryNode.length },
      )
      .flatMap((to) => {
        const [by] = matrix.answered(to, others);
        return by === undefined ? [] : [{ to, by }];
      });
  });
}
