import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceInfo } from '../../../../harness/platform/talos/messages.ts';
import type { Places } from './places.ts';
import { run } from './run.ts';

/** Services of Talos, and the supervised service that stands for each on a node of the lab. Two of Talos's share containerd. */
const talosServices: Readonly<Record<string, string>> = {
  apid: 'apid',
  containerd: 'containerd',
  cri: 'containerd',
  etcd: 'etcd',
  kubelet: 'kubelet',
  machined: 'apid',
  trustd: 'apid',
};

const onControlPlanes = new Set(['etcd', 'trustd']);

/** Those that Talos lets the API start or restart; none may be stopped (Talos v1.11: system/services). */
const restartable = new Set(['kubelet']);

/** Talos's services on this node, as their supervisor says they are now. */
export async function listServices(places: Places, isControlPlane: boolean): Promise<ServiceInfo[]> {
  const present = new Set(await readdir(places.services));
  const wanted = Object.entries(talosServices).filter(([id, unit]) => present.has(unit) && (isControlPlane || !onControlPlanes.has(id)));
  return Promise.all(
    wanted.map(async ([id, unit]) => {
      const runs = await isRunning(places, unit);
      return {
        id,
        state: runs ? 'Running' : 'Finished',
        // The real talosctl reads the list of events without asking whether there is one.
        events: { events: [] },
        health: { unknown: false, healthy: runs, lastMessage: runs ? '' : 'the service does not run' },
      };
    }),
  );
}

async function isRunning({ services }: Places, unit: string): Promise<boolean> {
  const status = await run('sv', ['status', join(services, unit)]).catch((error: { stdout?: string }) => error.stdout ?? '');
  return status.startsWith('run:');
}

/** Starts, stops or restarts a service as far as Talos allows it; throws with Talos's refusal. */
export async function changeService(places: Places, id: string, verb: 'start' | 'stop' | 'restart'): Promise<string> {
  const unit = talosServices[id];
  if (unit === undefined) throw new Error(`service "${id}" not defined`);
  if (verb === 'stop' || !restartable.has(id)) throw new Error(`service "${id}" doesn't support ${verb} operation via API`);
  await run('sv', ['-w', '15', verb, join(places.services, unit)]);
  return `Service "${id}" ${verb}ed`;
}

/** The supervised service whose log is that of a service of Talos. */
export function unitOf(id: string): string | undefined {
  return talosServices[id];
}
