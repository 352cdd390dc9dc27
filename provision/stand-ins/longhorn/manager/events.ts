import type { Cluster } from './cluster.ts';
import { timestamp } from './conditions.ts';
import type { Volume } from './objects.ts';
import type { VolumeEvent } from './view.ts';

/** Records events on a volume; an event that cannot be recorded is no reason to stop. */
export async function recordEvents(cluster: Cluster, volume: Volume, events: readonly VolumeEvent[]): Promise<void> {
  for (const event of events) {
    process.stdout.write(`longhorn-manager: ${event.message}\n`);
    await record(cluster, volume, event).catch((error: unknown) => process.stderr.write(`longhorn-manager: event: ${String(error)}\n`));
  }
}

async function record(cluster: Cluster, volume: Volume, event: VolumeEvent): Promise<void> {
  const { name, uid } = volume.metadata;
  const { namespace, nodeName } = cluster.place;
  const now = timestamp(new Date());
  await cluster.client.create(`/api/v1/namespaces/${namespace}/events`, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion: 'longhorn.io/v1beta2', kind: 'Volume', name, namespace, uid },
    reason: event.reason,
    message: event.message,
    type: event.type,
    source: { component: 'longhorn-volume-controller', host: nodeName },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  });
}
