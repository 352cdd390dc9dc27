import type { CheckContext } from '../../../harness/platform/check.ts';
import type { PodPort } from '../../../harness/platform/kubernetes/port-forward.ts';
import { ordinary } from '../../fixtures/groups.ts';
import type { Connection } from '../../../harness/probe/connections.ts';

/**
 * Controls that policies are in force for a port of a pod: pods that are on no list get no connection to it, while they reach
 * what all pods may reach. (Pods have addresses of their own inside the cluster alone: outsiders have no way to one.) That
 * somebody does reach the port is for the check itself to see.
 */
export async function strangersAreDenied(
  { cluster: { kubernetes, documented } }: Pick<CheckContext, 'cluster'>,
  { namespace, pod, port }: PodPort,
  name: string,
): Promise<Connection[]> {
  const [{ status }, { pods }] = await Promise.all([kubernetes.core.readNamespacedPod({ namespace, name: pod }), ordinary()]);
  return pods.flatMap(({ place: from }): Connection[] => [
    {
      role: 'control',
      from,
      to: { kind: 'tcp', host: status?.podIP ?? '', port },
      name: `${name}, which ordinary pods do not reach`,
      expect: 'denied',
    },
    {
      role: 'control',
      from,
      to: { kind: 'tcp', host: documented.dnsServiceAddress, port: 53 },
      name: 'cluster DNS, which all pods reach',
      expect: 'reached',
    },
  ]);
}
