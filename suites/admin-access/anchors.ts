import type { CheckContext } from '../../harness/check.ts';
import type { PodPort } from '../../harness/cluster/port-forward.ts';
import type { Connection } from '../../harness/vantage/connections.ts';

/**
 * Controls that policies are in force for a port of a pod: an outsider gets no connection to it, while he reaches what all
 * may reach. That somebody does reach the port is for the check itself to see.
 */
export async function outsiderIsDenied({ cluster }: Pick<CheckContext, 'cluster'>, { namespace, pod, port }: PodPort, name: string): Promise<Connection[]> {
  const { status } = await cluster.kubernetes.core.readNamespacedPod({ namespace, name: pod });
  const from = { host: 'outsider' };
  return [
    { role: 'control', from, to: { kind: 'tcp', host: status?.podIP ?? '', port }, name: `${name}, which outsiders do not reach`, expect: 'denied' },
    { role: 'control', from, to: { kind: 'http', url: 'http://example.com/' }, name: 'a host that all may reach', expect: { status: 200 } },
  ];
}
