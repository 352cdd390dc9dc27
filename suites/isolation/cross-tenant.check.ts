import { afterAll, beforeAll } from 'vitest';
import { check, cluster } from '../../harness/check.ts';
import { type Connection, connections } from '../../harness/vantage/connections.ts';
import { requirements } from './requirements.ts';
import { type TenantPod, type TenantPods, startTenantPods } from './tenant-pods.ts';

let tenants: TenantPods;

beforeAll(async () => {
  tenants = await startTenantPods(cluster(), new AbortController().signal);
}, 90_000);

afterAll(() => tenants.delete());

check(requirements['ISO-CROSS-TENANT-DENY'], async (context) => {
  const { alice, bob } = tenants;
  context.hint(async () => 'kubectl get networkpolicy -n canine-alice -n canine-bob -o yaml: which policy admits the other tenant?');
  await connections(context, [...denials(alice, bob), ...denials(bob, alice), ...withinTenant(alice), ...withinTenant(bob)]);
});

/** Every pod of one tenant to every pod of the other: the four placements. */
function denials(sources: readonly TenantPod[], targets: readonly TenantPod[]): Connection[] {
  return sources.flatMap((from) => targets.map((target): Connection => ({ role: 'observation', from: placeOf(from), to: target.web, name: `${target.namespace} on ${target.node}`, expect: 'denied' })));
}

/** Both anchors at once: the same source reaches an allowed target, and an allowed source reaches the denied target. */
function withinTenant(pods: readonly TenantPod[]): Connection[] {
  return pods.flatMap((from) => pods.map((target): Connection => ({ role: 'control', from: placeOf(from), to: target.web, name: `own pod on ${target.node}`, expect: 'reached' })));
}

function placeOf({ namespace, pod }: TenantPod): { namespace: string; pod: string } {
  return { namespace, pod };
}
