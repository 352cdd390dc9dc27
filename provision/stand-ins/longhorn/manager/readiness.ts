import { conditionOf } from './conditions.ts';
import type { Replica, Volume } from './objects.ts';

/** Why workloads cannot use a volume now, in Longhorn's words (types.IsVolumeReady); undefined if they can. */
export function unreadiness(volume: Volume, replicas: readonly Replica[]): string | undefined {
  const { spec } = volume;
  const status: Partial<Volume['status']> = volume.status ?? {};
  const allScheduled = replicas.length > 0 && replicas.every((replica) => replica.spec.nodeID !== '');
  if (spec.nodeID === '' && status.state !== 'detached')
    return `waiting for the volume to fully detach. current state: ${status.state ?? ''}`;
  const scheduled = conditionOf(status.conditions, 'Scheduled')?.status === 'True';
  if (status.state === 'detached' && !scheduled && !allScheduled)
    return 'volume is currently in detached state with some un-schedulable replicas';
  return status.robustness === 'faulted' ? 'volume is faulted' : undefined;
}
