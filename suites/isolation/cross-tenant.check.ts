import { check } from '../../harness/check.ts';
import type { EchoGroup } from '../../harness/fixtures/echo-group.ts';
import { tenants } from '../../harness/fixtures/groups.ts';
import { type Connection, connections } from '../../harness/vantage/connections.ts';
import { requirements } from './requirements.ts';

check(requirements['ISO-CROSS-TENANT-DENY'], async (context) => {
  const { alice, bob } = await tenants();
  context.hint(async () => 'kubectl get networkpolicy -n canine-alice -n canine-bob -o yaml: which policy admits the other tenant?');
  await connections(context, [...denials(alice, bob), ...denials(bob, alice), ...withinTenant(alice), ...withinTenant(bob)]);
});

/** Every pod of one tenant to every pod of the other: the four placements. */
function denials(sources: EchoGroup, targets: EchoGroup): Connection[] {
  return sources.pods.flatMap(({ place }) => targets.pods.map((target): Connection => ({ role: 'observation', from: place, to: target.tcp, name: `${target.namespace} on ${target.node}`, expect: 'denied' })));
}

/** Both anchors at once: the same source reaches an allowed target, and an allowed source reaches the denied target. */
function withinTenant({ pods }: EchoGroup): Connection[] {
  return pods.flatMap(({ place }) => pods.map((target): Connection => ({ role: 'control', from: place, to: target.tcp, name: `own pod on ${target.node}`, expect: 'reached' })));
}
