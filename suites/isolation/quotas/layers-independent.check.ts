import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { refOf } from '../../../harness/platform/kubernetes/raw-objects.ts';
import { check } from '../../fixtures/check.ts';
import { startEchoGroup, workerNames } from '../../fixtures/echo-group.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { requirements } from '../requirements.ts';
import { timedOut } from '../timed-out.ts';
import { type Layer, type LayeredTenant, layers } from './layers.ts';
import { templateObjects } from './template.ts';

/** A layer that goes a moment after the one under removal is missed by the first. */
const moments = [
  { time: 'at once', afterMs: 0 },
  { time: 'a second later', afterMs: 1_000 },
];

check(
  requirements['ISO-LAYERS-INDEPENDENT'],
  async (context, { neutral }) => {
    const { cluster } = context;
    const scratch = await scratchTenant(context);
    const pods = await startEchoGroup(context, { namespace: scratch.namespace, workers: workerNames(cluster).slice(0, 2) });
    const tenant = { ...scratch, pods, outsiders: neutral };
    const objects = await templateObjects(cluster, scratch.namespace);
    for (const layer of layers) {
      const own = objects.filter(({ kind }) => layer.kinds.includes(kind ?? ''));
      await withoutLayer(context, tenant, { layer, objects: own });
    }
  },
  { deadlineMs: 240_000 },
);

/** Removes one layer, proves that the three others are enforced, and applies it again. */
async function withoutLayer(
  context: CheckContext,
  tenant: LayeredTenant,
  { layer, objects }: { layer: Layer; objects: readonly KubernetesObject[] },
): Promise<void> {
  const { cluster, changes, control, signal } = context;
  const when = `without ${layer.kinds.join(' and ')}`;
  for (const object of objects) await changes.remove(refOf(object));
  control(await comesTo('gone', { layer, tenant, context, when }));
  for (const { time, afterMs } of moments) {
    await delay(afterMs, undefined, { signal });
    await Promise.all(layers.filter((each) => each !== layer).map((each) => each.prove(tenant, context, `${when}, ${time}`)));
  }
  for (const object of objects) await cluster.kubernetes.raw.create(object, signal);
  control(await comesTo('enforced', { layer, tenant, context, when: 'applied again' }));
}

interface Awaited {
  readonly layer: Layer;
  readonly tenant: LayeredTenant;
  readonly context: CheckContext;
  readonly when: string;
}

/** Whether a layer comes to be gone, or to be enforced again. */
async function comesTo(wanted: 'gone' | 'enforced', { layer, tenant, context, when }: Awaited): Promise<Measured> {
  const came = await until(layer.name, { timeoutMs: patience('effect'), everyMs: 300, signal: context.signal }, async () => {
    const { is, text } = await layer.look(tenant, context);
    return is === wanted ? { done: text } : { notYet: text };
  }).catch(timedOut);
  const inTime = !(came instanceof WaitTimeout);
  return {
    subject: `${layer.name}; ${when}`,
    vantage: tenant.namespace,
    expected: wanted,
    saw: inTime ? came : came.message,
    held: inTime,
  };
}
