import { check } from '../../harness/check.ts';
import { type Connection, connections } from '../../harness/vantage/connections.ts';
import type { Target } from '../../harness/vantage/probe.ts';
import { tenants } from '../../harness/fixtures/groups.ts';
import { explainUnreachable } from './explain.ts';
import { requirements } from './requirements.ts';

const admins = ['admin', 'ci', 'vpn'];
const outsiders = ['outsider', 'lan'];
const internet: Target = { kind: 'http', url: 'http://example.com/' };

check(requirements['ADM-CANINE-ALLOW'], async (context) => {
  const { canine, vip } = { ...context.cluster.documented.services, vip: context.cluster.documented.vip };
  context.hint(() => explainUnreachable(context.cluster, { namespace: 'canine', name: 'canine' }, context.signal));
  await connections(
    context,
    admins.flatMap((host): Connection[] => [
      { role: 'observation', from: { host }, to: { kind: 'http', url: `http://${canine.hostname}/` }, name: 'the dashboard by name', expect: { status: 200 } },
      { role: 'observation', from: { host }, to: { kind: 'http', url: `http://${canine.address}/` }, name: 'the dashboard by address', expect: { status: 200 } },
      { role: 'control', from: { host }, to: { kind: 'tcp', host: vip.address, port: 6443 }, name: 'the Kubernetes API, which admins reach', expect: 'reached' },
      { role: 'control', from: { host }, to: { kind: 'tcp', host: canine.address, port: 81 }, name: 'a port that is not published', expect: 'not-reached' },
    ]),
  );
});

check(requirements['ADM-CANINE-DENY'], async (context) => {
  const { canine } = context.cluster.documented.services;
  const dashboard: Target = { kind: 'http', url: `http://${canine.address}/` };
  const api: Target = { kind: 'http', url: `http://${canine.address}/api/v1/me` };
  context.hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which rule admits the source that got through?');
  const { alice } = await tenants();
  const pods = alice.pods.map(({ place }) => place);
  await connections(context, [
    ...[...outsiders.map((host) => ({ host })), ...pods].flatMap((from): Connection[] => [
      { role: 'observation', from, to: dashboard, name: 'the dashboard', expect: 'denied' },
      { role: 'observation', from, to: api, name: 'the REST API', expect: 'denied' },
    ]),
    ...outsiders.map((host): Connection => ({ role: 'control', from: { host }, to: internet, name: 'a host that all may reach', expect: { status: 200 } })),
    ...alice.pods.map(({ place, tcp }): Connection => ({ role: 'control', from: place, to: tcp, name: 'a pod of the own tenant', expect: 'reached' })),
    { role: 'control', from: { host: 'admin' }, to: dashboard, name: 'the dashboard', expect: { status: 200 } },
  ]);
});
