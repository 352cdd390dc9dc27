import type { Capability, RunRecord } from '../../harness/engine/run-record.ts';
import { oneLine } from '../plain-text.ts';
import { kubernetesText, nodesText } from '../survey-text.ts';
import { labelled, labelledTextWidth, wrapped } from './columns.ts';
import type { Paint } from './paint.ts';

/** What was verified: the cluster, how it was made, and which of its parts are not the documented ones. */
export function clusterHeader(record: RunRecord, paint: Paint): string[] {
  const { cluster, run } = record;
  const rows: [string, string][] = [
    ['Cluster', `${cluster.name}, provider ${cluster.provider}, profile ${cluster.profile}, Kubernetes ${kubernetesText(cluster.survey)}`],
    ['Nodes', nodesText(cluster.survey)],
    ['Stand-ins', namesOf(cluster.capabilities, 'stand-in')],
    ['Absent', namesOf(cluster.capabilities, 'absent')],
    ['Run', `${run.id} at ${run.startedAt}: ${run.command}`],
  ];
  const title = paint('heading', oneLine(`conform ${run.product.version} (${run.product.revision})`));
  return [
    title,
    ...rows.filter(([, text]) => text !== '').flatMap(([label, text]) => labelled(label, wrapped(oneLine(text), labelledTextWidth))),
  ];
}

function namesOf(capabilities: Readonly<Record<string, Capability>>, kind: Capability['kind']): string {
  return Object.entries(capabilities)
    .filter(([, capability]) => capability.kind === kind)
    .map(([name]) => name)
    .join(', ');
}
