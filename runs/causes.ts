import type { LikelyCause, Result } from '../harness/engine/run-record.ts';
import type { ClusterSurvey, SurveyedNode, SurveyedWorkload } from '../harness/engine/survey.ts';
import { didNotHold } from '../harness/engine/verdict.ts';

/** The namespaces of what every other part stands on; that a tenant's own pods do not run explains nothing. */
const basicNamespaces = new Set(['kube-system', 'calico-system', 'calico-apiserver', 'tigera-operator', 'metallb-system']);

/** As many results with one reason in common are no coincidence. */
const fewestInCommon = 5;

/**
 * The parts of the cluster that were half dead: each named once, so that a reader need not find it out of many results. Empty when
 * everything was kept: what explains nothing is not told.
 */
export function likelyCauses({ survey, results }: { readonly survey: ClusterSurvey; readonly results: readonly Result[] }): LikelyCause[] {
  if (!results.some(({ verdict }) => didNotHold(verdict))) return [];
  const dead = survey.nodes.kind === 'seen' ? survey.nodes.value.filter(({ notReady }) => notReady !== '') : [];
  return [
    ...silentServers(survey),
    ...dead.map(({ name, notReady }) => ({ part: `node ${name}`, evidence: notReady })),
    ...(survey.unavailable.kind === 'seen' ? survey.unavailable.value : []).flatMap((workload) => shortWorkload(workload, dead)),
    ...silentMetrics(survey, results),
    ...commonReasons(results),
  ];
}

function silentServers({ apiServers, kubernetesVersion }: ClusterSurvey): LikelyCause[] {
  const silent = apiServers.flatMap(({ name, address, answer }) =>
    answer.kind === 'unknown' ? [{ part: `API server ${name} ${address}`, evidence: answer.reason }] : [],
  );
  if (kubernetesVersion.kind === 'seen') return silent;
  return [{ part: 'the Kubernetes API', evidence: kubernetesVersion.reason }, ...silent];
}

/** A DaemonSet lacks its pods on nodes that are not Ready: the nodes are told of already. */
function shortWorkload({ kind, namespace, name, wanted, available }: SurveyedWorkload, dead: readonly SurveyedNode[]): LikelyCause[] {
  const isExplained = kind === 'DaemonSet' && wanted - available <= dead.length;
  if (!basicNamespaces.has(namespace) || isExplained) return [];
  return [{ part: `${kind} ${namespace}/${name}`, evidence: `${available} of ${wanted} pods available` }];
}

/** Where nothing needed it and failed, the metrics API may be left out on purpose. */
function silentMetrics({ metrics, kubernetesVersion }: ClusterSurvey, results: readonly Result[]): LikelyCause[] {
  if (kubernetesVersion.kind === 'unknown') return [];
  const isMissed = results.some(({ requirement, verdict }) => requirement.needs.includes('metrics-server') && didNotHold(verdict));
  if (!isMissed) return [];
  if (metrics.kind === 'unknown') return [{ part: 'the metrics API', evidence: metrics.reason }];
  return metrics.value === 0 ? [{ part: 'the metrics API', evidence: 'it tells of no node' }] : [];
}

/** What most of the inconclusive results say with the same words, numbers aside, is one fault and not many. */
function commonReasons(results: readonly Result[]): LikelyCause[] {
  const inconclusive = results.flatMap(({ verdict }) => (verdict.kind === 'inconclusive' ? [verdict.reason] : []));
  const groups = [...Map.groupBy(inconclusive, (reason) => reason.replaceAll(/\d+(\.\d+)?/g, '#')).values()];
  return groups
    .filter((group) => group.length >= fewestInCommon && group.length * 2 > inconclusive.length)
    .map((group) => ({ part: `what ${group.length} inconclusive results have in common`, evidence: group[0] ?? '' }));
}
