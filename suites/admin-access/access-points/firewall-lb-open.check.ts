import { promised } from '../../../guide/limits.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { assignedAddress } from '../../../harness/platform/metallb/load-balancer.ts';
import { type Claim, type Destination, atHost, reach } from '../../../harness/probe/claims.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { either, fromHosts, toKind } from '../../fixtures/matrix-parts.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { admins, atHosts } from '../vantages.ts';

const { publishedMs } = promised.adminAccess;

check(
  requirements['ADM-FIREWALL-LB-OPEN'],
  async (context, { matrix }) => {
    const { cluster, connect, hint, observe, signal } = context;
    hint(
      async () =>
        'kubectl get services -A -o wide; kubectl get globalnetworkpolicies,networkpolicies -A; talosctl get nftableschain prerouting -o yaml: what judges traffic that is only forwarded?',
    );
    const app = await publishedApp(context);
    observe(
      await answerInTime(
        cluster,
        { subject: "first answer of a tenant's published app", from: { host: 'outsider' }, to: app[0].target },
        { timeoutMs: publishedMs, signal },
      ),
    );
    const canine: Destination = { name: 'Canine', target: { kind: 'tcp', host: cluster.documented.services.canine.address, port: 80 } };
    await connect([
      ...openAndClosed(matrix),
      // Open as they leave these, the allow list of the platform is in force at the same time.
      { attempts: [{ role: 'control', from: atHost('outsider'), to: canine, expect: 'not-reached' }] },
      reach({ from: atHosts(['outsider', 'lan', 'internet', 'admin']), to: app }),
    ]);
  },
  { uses: ['address-pools'] },
);

/** A tenant's app at an address of its own, on the two ports that the guide opens to everybody. */
async function publishedApp(context: CheckContext): Promise<[Destination, Destination]> {
  const { cluster, changes, signal } = context;
  const { namespace } = await scratchTenant(context);
  await changes.createFrom(`${import.meta.dirname}/published-app.yaml`, { NAMESPACE: namespace });
  await readyPods(cluster.kubernetes, { namespace, selector: 'app=published', count: 1 }, signal);
  const host = await assignedAddress(cluster.kubernetes, { namespace, name: 'app' }, { timeoutMs: publishedMs, signal });
  const at = (port: number): Destination => ({ name: `a tenant's published app, port ${port}`, target: { kind: 'tcp', host, port } });
  return [at(80), at(443)];
}

/** Administrators reach the access points; the Kubernetes and the Talos API are closed to an outsider at the same time. */
function openAndClosed(matrix: ConnectionMatrix): Claim[] {
  const isApi = either(
    toKind('api', ({ at }) => at === 'vip' || at === 'node'),
    toKind('node', ({ port }) => port === 50_000),
  );
  return [
    matrix.reach({
      from: matrix.sources(fromHosts(...admins), admins.length),
      to: matrix.targets(
        toKind('access-point', ({ by }) => by === 'address'),
        4,
      ),
      unlike: matrix.targets(toKind('silent-port'), 1),
    }),
    matrix.denial({
      from: matrix.sources(fromHosts('outsider'), 1),
      to: matrix.targets(isApi, { atLeast: 3 }),
      sameSourceReaches: matrix.targets(
        toKind('host', ({ host }) => host === 'lan'),
        1,
      ),
      targetAnswers: matrix.sources(fromHosts('admin'), 1),
    }),
  ];
}
