import { setTimeout as delay } from 'node:timers/promises';
import { isOutdated } from './kubernetes.ts';

/** Pause between a change and the next round, which gathers changes that come together. */
const gatherMs = 100;

/** Repeats a round of work: after each change that it is told of, and at the latest after `everyMs`. One round at a time. */
export class Loop {
  readonly #name: string;
  readonly #round: () => Promise<void>;
  readonly #everyMs: number;
  #wake: (() => void) | undefined;
  #changed = false;

  constructor(name: string, everyMs: number, round: () => Promise<void>) {
    this.#name = name;
    this.#everyMs = everyMs;
    this.#round = round;
  }

  /** There may be work. */
  notify(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** Runs rounds until the signal; a round that throws is reported and repeated, at once if it had read something outdated. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#changed = false;
      try {
        await this.#round();
      } catch (error) {
        if (isOutdated(error)) this.#changed = true;
        else process.stderr.write(`longhorn-manager: ${this.#name}: ${String(error)}\n`);
      }
      await delay(gatherMs);
      await this.#sleep();
    }
  }

  async #sleep(): Promise<void> {
    if (this.#changed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#everyMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
