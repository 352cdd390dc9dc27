import type { DocumentedCluster } from '../../guide/cluster.ts';

/**
 * How many replicas a volume has again without a worker that is lost for good: all of them, as the guide has it, or as many as there
 * are other workers, of which none takes two (E28).
 */
export function replicasWithout(
  promise: DocumentedCluster['storage']['lostWorker'],
  { replicas, workers }: { readonly replicas: number; readonly workers: number },
): number {
  return promise === 'replaced' ? replicas : Math.min(replicas, workers);
}
