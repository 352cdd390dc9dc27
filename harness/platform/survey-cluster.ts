import type { Answered, ClusterSurvey, SurveyedNode, SurveyedWorkload } from '../engine/survey.ts';
import type { Kubernetes } from './kubernetes/kubernetes.ts';
import { probedVersions } from './versions.ts';

/** A question that has no answer after this time is told as unknown. */
const answerMs = 10_000;

type Asked = Pick<Kubernetes, 'request' | 'at'>;

interface PodTemplate {
  readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
}
interface WorkloadObject {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly replicas?: number; readonly template?: PodTemplate };
  readonly status?: {
    readonly availableReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly numberAvailable?: number;
  };
}
interface NodeObject {
  readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo?: { readonly kubeletVersion?: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

/**
 * Asks the cluster what it is and what of it is not well, all at the same time. Never throws: what has no answer is told as unknown.
 * The control planes are those that the nodes tell of; where there is no answer, those that are given.
 */
export async function surveyCluster(
  kubernetes: Asked,
  controlPlanes: readonly { readonly name: string; readonly address: string }[],
  signal: AbortSignal,
): Promise<ClusterSurvey> {
  const at = new Date().toISOString();
  const nodesAsked = answered(async () => (await itemsOf<NodeObject>(kubernetes, '/api/v1/nodes', signal)).map(nodeOf));
  const [kubernetesVersion, nodes, workloads, metrics, apiServers] = await Promise.all([
    answered(() => versionOf(kubernetes, signal)),
    nodesAsked,
    answered(() => workloadsOf(kubernetes, signal)),
    answered(async () => (await itemsOf(kubernetes, '/apis/metrics.k8s.io/v1beta1/nodes', signal)).length),
    nodesAsked.then((known) => Promise.all(serversOf(known, controlPlanes).map((server) => apiServerOf(kubernetes, server, signal)))),
  ]);
  return {
    at,
    kubernetesVersion,
    nodes,
    apiServers,
    unavailable: mapped(workloads, (all) => all.map(({ workload }) => workload).filter(({ wanted, available }) => available < wanted)),
    metrics,
    versions: mapped(workloads, (all) => probedVersions(all.flatMap(({ images }) => images))),
  };
}

function serversOf(
  nodes: Answered<readonly SurveyedNode[]>,
  otherwise: readonly { readonly name: string; readonly address: string }[],
): readonly { readonly name: string; readonly address: string }[] {
  if (nodes.kind === 'unknown') return otherwise;
  return nodes.value.filter(({ role, address }) => role === 'control-plane' && address !== '');
}

async function apiServerOf(
  kubernetes: Asked,
  { name, address }: { readonly name: string; readonly address: string },
  signal: AbortSignal,
): Promise<ClusterSurvey['apiServers'][number]> {
  const answer = await answered(async () => {
    await bodyOf(kubernetes.at(address), '/readyz', signal);
    return 'ready' as const;
  });
  return { name, address, answer };
}

async function versionOf(kubernetes: Asked, signal: AbortSignal): Promise<string> {
  const { gitVersion } = (await bodyOf(kubernetes, '/version', signal)) as { gitVersion?: string };
  if (gitVersion === undefined) throw new Error('/version tells no gitVersion');
  return gitVersion;
}

const workloadKinds = [
  ['Deployment', 'deployments'],
  ['DaemonSet', 'daemonsets'],
  ['StatefulSet', 'statefulsets'],
] as const;

async function workloadsOf(kubernetes: Asked, signal: AbortSignal): Promise<{ workload: SurveyedWorkload; images: string[] }[]> {
  const lists = await Promise.all(
    workloadKinds.map(async ([kind, plural]) =>
      (await itemsOf<WorkloadObject>(kubernetes, `/apis/apps/v1/${plural}`, signal)).map((object) => ({
        workload: workloadOf(kind, object),
        images: (object.spec?.template?.spec?.containers ?? []).flatMap(({ image }) => image ?? []),
      })),
    ),
  );
  return lists.flat();
}

/** An object of a list has no kind of its own. */
export function workloadOf(kind: SurveyedWorkload['kind'], { metadata, spec, status }: WorkloadObject): SurveyedWorkload {
  const wanted = kind === 'DaemonSet' ? (status?.desiredNumberScheduled ?? 0) : (spec?.replicas ?? 1);
  const available = (kind === 'DaemonSet' ? status?.numberAvailable : status?.availableReplicas) ?? 0;
  return { kind, namespace: metadata?.namespace ?? '', name: metadata?.name ?? '', wanted, available };
}

export function nodeOf({ metadata = {}, status = {} }: NodeObject): SurveyedNode {
  const isControlPlane = metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined;
  return {
    name: metadata.name ?? '',
    address: status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
    role: isControlPlane ? 'control-plane' : 'worker',
    kubelet: status.nodeInfo?.kubeletVersion ?? 'unknown',
    notReady: notReadyText(status),
  };
}

function notReadyText({ conditions = [] }: NonNullable<NodeObject['status']>): string {
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready === undefined) return 'it tells no condition Ready';
  return ready.status === 'True' ? '' : `Ready is ${ready.status}: ${ready.message ?? 'no reason is given'}`;
}

async function itemsOf<T>(kubernetes: Asked, path: string, signal: AbortSignal): Promise<readonly T[]> {
  return ((await bodyOf(kubernetes, path, signal)) as { items?: readonly T[] }).items ?? [];
}

async function bodyOf(kubernetes: Pick<Asked, 'request'>, path: string, signal: AbortSignal): Promise<unknown> {
  const { status, body, message } = await kubernetes.request(
    { method: 'GET', path },
    AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
  );
  if (status !== 200) throw new Error(`GET ${path}: the API answered ${status}: ${message}`);
  return body;
}

/** Whatever hinders an answer is the reason why something is unknown. */
async function answered<Value>(ask: () => Promise<Value>): Promise<Answered<Value>> {
  try {
    return { kind: 'seen', value: await ask() };
  } catch (error) {
    return { kind: 'unknown', reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no answer within ${answerMs / 1000} s`;
  return error.message.split('\n')[0] ?? error.name;
}

function mapped<From, To>(from: Answered<From>, map: (value: From) => To): Answered<To> {
  return from.kind === 'unknown' ? from : { kind: 'seen', value: map(from.value) };
}
