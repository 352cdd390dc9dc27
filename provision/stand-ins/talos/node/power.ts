import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Places } from './places.ts';
import { run } from './run.ts';

/** The order in which services end before the power goes: what serves others first, etcd last. */
const stopOrder = ['vip', 'kubelet', 'containerd', 'etcd'];

/**
 * Ends the node as its API was asked to: its services in order unless forced, then the site cuts its power, and for a reboot
 * gives it back. Never returns on a node whose power goes.
 */
export async function endNode(places: Places, wish: 'reboot' | 'shutdown', { graceful }: { graceful: boolean }): Promise<void> {
  // The answer to the caller leaves first.
  await delay(300);
  if (graceful) await stopServices(places);
  const pipe = await open(places.power, 'w');
  try {
    await pipe.write(`${wish}\n`);
  } finally {
    await pipe.close();
  }
}

async function stopServices(places: Places): Promise<void> {
  for (const service of stopOrder) {
    const folder = join(places.services, service);
    if (existsSync(folder)) await run('sv', ['-w', '7', 'force-stop', folder]).catch(() => undefined);
  }
}
