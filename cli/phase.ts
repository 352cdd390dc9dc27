import { setTimeout as delay } from 'node:timers/promises';
import { Listr } from 'listr2';
import type { Phase } from '../provision/provider.ts';

/** On a terminal: one live line a phase. Elsewhere: plain lines, the detail at most every 15 s. */
export function createPhase(signal: AbortSignal): Phase {
  return isLive() ? livePhase(signal) : plainPhase(signal);
}

/** The live lines go to standard output, so they must not meet data there: both streams are the terminal, and it has a width. */
function isLive(): boolean {
  return process.stdout.isTTY && process.stderr.isTTY && process.stdout.columns >= narrowestTerminal && process.env['CI'] === undefined;
}

const narrowestTerminal = 40;

const plainDetailEveryMs = 15_000;

function plainPhase(signal: AbortSignal): Phase {
  return async (title, run) => {
    const startedAt = Date.now();
    // One line a phase, the time at its end; a detail that stands for a while in between.
    let detail = '';
    let shown = '';
    const seconds = (): string => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
    const ended = new AbortController();
    const ticking = (async () => {
      for (;;) {
        await delay(plainDetailEveryMs, undefined, { signal: ended.signal });
        if (detail !== shown) process.stderr.write(`    ${detail} (${seconds()})\n`);
        shown = detail;
      }
    })().catch(() => undefined);
    process.stderr.write(`${title} ...\n`);
    try {
      const value = await run({ signal, say: (text) => (detail = text) });
      process.stderr.write(`${title}: done (${seconds()})\n`);
      return value;
    } finally {
      ended.abort();
      await ticking;
    }
  };
}

function livePhase(signal: AbortSignal): Phase {
  return async (title, run) => {
    const startedAt = Date.now();
    const box: { value?: Awaited<ReturnType<typeof run>> } = {};
    await new Listr(
      [
        {
          title,
          task: async (_, task) => {
            const say = (detail: string): void => void (task.output = detail);
            box.value = await run({ signal, say });
            task.title = `${title} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`;
          },
        },
      ],
      { registerSignalListeners: false },
    ).run();
    return box.value as Awaited<ReturnType<typeof run>>;
  };
}
