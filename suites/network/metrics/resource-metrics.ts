import type { Kubernetes, PodPlace } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { quantity } from '../../../harness/platform/kubernetes/quantity.ts';

/** What metrics-server tells of a node or a pod at one time. */
export interface Usage {
  /** `w01`, or `namespace/name` of a pod. */
  readonly name: string;
  readonly cores: number;
  readonly bytes: number;
  readonly at: Date;
}

interface Amounts {
  readonly cpu: string;
  readonly memory: string;
}

interface Metric {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly timestamp: string;
  readonly usage?: Amounts;
  readonly containers?: readonly { readonly usage: Amounts }[];
}

/** Of all nodes, or of all pods (metrics.k8s.io/v1beta1); throws when the API has none to give. */
export async function usages(kubernetes: Kubernetes, of: 'nodes' | 'pods', signal: AbortSignal): Promise<Usage[]> {
  const { status, body, message } = await kubernetes.request({ method: 'GET', path: `/apis/metrics.k8s.io/v1beta1/${of}` }, signal);
  if (status !== 200) throw new Error(`metrics of ${of}: the API answered ${status} ${message}`);
  return (body as { items: readonly Metric[] }).items.map(usageOf);
}

/** Undefined as long as there is none of this pod. */
export async function usageOfPod(kubernetes: Kubernetes, { namespace, pod }: PodPlace, signal: AbortSignal): Promise<Usage | undefined> {
  const { status, body } = await kubernetes.request(
    { method: 'GET', path: `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods/${pod}` },
    signal,
  );
  return status === 200 ? usageOf(body as Metric) : undefined;
}

function usageOf({ metadata: { name, namespace }, timestamp, usage, containers = [] }: Metric): Usage {
  const amounts = usage === undefined ? containers.map((each) => each.usage) : [usage];
  const sum = (of: keyof Amounts): number => amounts.reduce((total, each) => total + quantity(each[of]), 0);
  return {
    name: namespace === undefined ? name : `${namespace}/${name}`,
    cores: sum('cpu'),
    bytes: sum('memory'),
    at: new Date(timestamp),
  };
}
