import type { CommandAnswer } from './command.ts';
import type { Readiness } from './step.ts';
import { onceStarted } from './still-starting.ts';

/**
 * How long a workload may take to be available, from when its rollout is first watched. Not in the guide, chosen here: longer
 * than the guide's own limits (300 s), so that a late workload is recorded as late and does not end the work.
 */
export const availableWithinMs = 420_000;

/** What kubectl says of a workload that another one has yet to make, as Longhorn's driver deployer makes the CSI driver. */
const notMadeYet = '(NotFound)';

type RolloutKubectl = (args: readonly string[], input: undefined, signal: AbortSignal) => Promise<CommandAnswer>;

interface Rollout {
  /** kubectl's last answer; code 0 when the workload is available. */
  readonly answer: Promise<CommandAnswer>;
  /** Milliseconds since the epoch; absent until the workload is available. */
  availableAt?: number;
}

/** Waits for workloads in the background, one `kubectl rollout status` for each, while the steps go on. */
export class Rollouts {
  readonly #kubectl: RolloutKubectl;
  readonly #ended = new AbortController();
  readonly #rollouts = new Map<string, Rollout>();

  constructor(kubectl: RolloutKubectl) {
    this.#kubectl = kubectl;
  }

  /** Begins to wait, unless it waits already; returns kubectl's answer when the workload is available or late. */
  watch(ready: Readiness, signal: AbortSignal): Promise<CommandAnswer> {
    const key = keyOf(ready);
    const known = this.#rollouts.get(key);
    if (known !== undefined) return known.answer;
    const rollout: Rollout = { answer: this.status(ready, signal).then((answer) => noteTime(rollout, answer)) };
    // Whoever needs the answer asks for it again; until then a failure must not end the process.
    rollout.answer.catch(() => undefined);
    this.#rollouts.set(key, rollout);
    return rollout.answer;
  }

  /** When the workload was first seen to be available, in milliseconds since the epoch. */
  availableAt(ready: Readiness): number | undefined {
    return this.#rollouts.get(keyOf(ready))?.availableAt;
  }

  /** Asks again, also when the workload was available before. */
  status({ workload, namespace }: Readiness, signal: AbortSignal): Promise<CommandAnswer> {
    const untilEnded = AbortSignal.any([signal, this.#ended.signal]);
    const deadline = Date.now() + availableWithinMs;
    const quiet = { signal: untilEnded, say: () => undefined, timeoutMs: availableWithinMs, orSays: notMadeYet, everyMs: 2000 };
    return onceStarted(workload, quiet, () => {
      const seconds = Math.max(1, Math.ceil((deadline - Date.now()) / 1000));
      return this.#kubectl(['rollout', 'status', workload, '-n', namespace, `--timeout=${seconds}s`], undefined, untilEnded);
    });
  }

  /** Ends every wait. */
  [Symbol.dispose](): void {
    this.#ended.abort();
  }
}

function noteTime(rollout: Rollout, answer: CommandAnswer): CommandAnswer {
  if (answer.code === 0) rollout.availableAt = Date.now();
  return answer;
}

function keyOf({ workload, namespace }: Readiness): string {
  return `${namespace}/${workload}`;
}
