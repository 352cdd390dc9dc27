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
    ['Own access', accessText(run.access)],
    ['Run', `${run.id} at ${run.startedAt}: ${run.command}`],
  ];
  const title = paint('heading', oneLine(`conform ${run.product.version} (${run.product.revision})`));
  return [
    title,
    ...rows.filter(([, text]) => text !== '').flatMap(([label, text]) => labelled(label, wrapped(oneLine(text), labelledTextWidth))),
  ];
}

/** Empty for a run that reached the documented endpoint at once. */
function accessText({ fallbacks, retries }: RunRecord['run']['access']): string {
  const endpoints = fallbacks.map(({ endpoint, reason }) => `the API was reached at ${endpoint}, for ${reason}`);
  const again = retries.length === 0 ? [] : [`${retries.length} requests were sent again after a connection had failed`];
  return [...new Set([...endpoints, ...again])].join('; ');
}

function namesOf(capabilities: Readonly<Record<string, Capability>>, kind: Capability['kind']): string {
  return Object.entries(capabilities)
    .filter(([, capability]) => capability.kind === kind)
    .map(([name]) => name)
    .join(', ');
}
