import { setTimeout as delay } from 'node:timers/promises';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import { type CheckContext, fixture } from '../../harness/platform/check.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import type { Window } from './windows.ts';

/** Pods, volumes and tenants whose costs are known beforehand (cost-scene.yaml). */
export interface CostScene {
  /** Namespace of the pods whole, half, busy, memory and volume. */
  readonly probes: string;
  /** A tenant with one Deployment, lone. */
  readonly one: string;
  /** A tenant with the Deployments single, as large as lone, and double: three times as large as the other one. */
  readonly three: string;
  /** Values of the label conform-team on the pods of single and double. */
  readonly teams: { readonly single: string; readonly double: string };
  /** A window within the life of all of it. */
  readonly window: Window;
}

/** What the pods of cost-scene.yaml ask for. */
export const asked = {
  whole: { cores: 0.5, gib: 0.5 },
  half: { cores: 0.25, gib: 0.25 },
  volumeGib: 20,
} as const;

/**
 * An answer has five decimals: after so many minutes a difference of 2 % of what these pods cost is more than that. The register gives an
 * hour, which is the same price at ten times the wait.
 */
const windowMinutes = 6;
const minuteMs = 60_000;
/** Each pod has been scraped by then, at both ends of the window. */
const settledMs = 2 * minuteMs;
const podCount = 8;

/** Made once; all checks that wait for its window wait beside each other. */
export const costScene = fixture(
  { name: 'pods with known costs' },
  async ({ cluster: { kubernetes }, changes, signal }): Promise<CostScene> => {
    const own = nonce();
    const names = { probes: `conform-cost-${own}`, one: `canine-conform-${own}-one`, three: `canine-conform-${own}-three` };
    await changes.createFrom(`${import.meta.dirname}/cost-scene.yaml`, {
      NONCE: own,
      PROBES: names.probes,
      ONE: names.one,
      THREE: names.three,
      VOLUME: `${asked.volumeGib}Gi`,
    });
    const options = { timeoutMs: 2 * patience('podReady'), everyMs: 1000, signal };
    await until(`${podCount} pods with known costs to be Ready`, options, async () => {
      const { items } = await kubernetes.core.listPodForAllNamespaces({ labelSelector: `conform-cost=${own}` });
      const ready = items.filter(isReady).length;
      return ready === podCount ? { done: undefined } : { notYet: `${ready} Ready` };
    });
    const start = Math.ceil((Date.now() + settledMs) / minuteMs) * minuteMs;
    return {
      ...names,
      teams: { single: `a-${own}`, double: `b-${own}` },
      window: { start: new Date(start), end: new Date(start + windowMinutes * minuteMs) },
    };
  },
);

/** Waits until a window is over and its last minute has been scraped. */
export async function windowOver({ end }: Window, { signal }: Pick<CheckContext, 'signal'>): Promise<void> {
  await delay(Math.max(0, end.getTime() + settledMs - Date.now()), undefined, { signal });
}

/** The deadline of a check that waits for that window, from its own start. */
export const sceneDeadlineMs = (windowMinutes + 10) * minuteMs;
