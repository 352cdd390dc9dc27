import { check } from '../fixtures/check.ts';
import { connections } from '../../harness/probe/connections.ts';
import { requirements } from './requirements.ts';

check(requirements['COST-API-HEALTHZ'], async (context) => {
  const { services, vip } = context.cluster.documented;
  const api = `http://${services.opencost.address}:9003`;
  context.hint(async () => 'kubectl get endpoints opencost-ui-lb -n opencost: does the Service select a pod?');
  await connections(context, [
    {
      role: 'observation',
      from: { host: 'admin' },
      to: { kind: 'http', url: `${api}/healthz` },
      name: 'OpenCost',
      expect: { status: 200 },
    },
    {
      role: 'observation',
      from: { host: 'admin' },
      to: { kind: 'http', url: `${api}/nosuch` },
      name: 'a path that OpenCost does not have',
      expect: { status: 404 },
    },
    {
      role: 'control',
      from: { host: 'admin' },
      to: { kind: 'tcp', host: vip.address, port: 6443 },
      name: 'the Kubernetes API, which admins reach',
      expect: 'reached',
    },
  ]);
});
