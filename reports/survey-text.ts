import type { ClusterSurvey } from '../harness/engine/survey.ts';

/** The version that the API servers told, or why it is unknown. */
export function kubernetesText({ kubernetesVersion }: ClusterSurvey): string {
  return kubernetesVersion.kind === 'seen' ? kubernetesVersion.value : `unknown (${kubernetesVersion.reason})`;
}

/** Each node as the cluster told of it, or why they are unknown. A kubelet of another version than the API is told, and what is not Ready. */
export function nodesText({ nodes, kubernetesVersion }: ClusterSurvey): string {
  if (nodes.kind === 'unknown') return `unknown (${nodes.reason})`;
  if (nodes.value.length === 0) return 'none were seen';
  const usual = kubernetesVersion.kind === 'seen' ? kubernetesVersion.value : undefined;
  return nodes.value
    .map(({ name, address, role, kubelet, notReady }) =>
      [name, address, role, ...(kubelet === usual ? [] : [`kubelet ${kubelet}`]), ...(notReady === '' ? [] : ['NOT READY'])].join(' '),
    )
    .join(', ');
}
