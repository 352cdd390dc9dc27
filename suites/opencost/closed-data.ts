import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { dataAgeMs } from './cost-api.ts';
import { type Window, closedWindow } from './windows.ts';

const minuteMs = 60_000;
/** The last minute may still be scraped. */
const endedMinutesAgo = 1;

type Look = Pick<CheckContext, 'cluster' | 'signal'>;

/** How old the data are, in minutes, when they are at least so old; a young cluster is waited for. */
export async function dataMinutes(context: Look, least: number): Promise<number> {
  const options = { timeoutMs: (least + 1) * minuteMs, everyMs: 5000, signal: context.signal };
  return until(`${least} min of data`, options, async () => {
    const minutes = (await dataAgeMs(context)) / minuteMs;
    return minutes >= least ? { done: minutes } : { notYet: `${minutes.toFixed(1)} min` };
  });
}

/** The last closed minutes of which there are data: at most the one number, at least the other. */
export async function closedData(context: Look, { most, least }: { readonly most: number; readonly least: number }): Promise<Window> {
  const age = await dataMinutes(context, least + endedMinutesAgo + 1);
  const minutes = Math.min(most, Math.floor(age) - endedMinutesAgo - 1);
  return closedWindow(new Date(), { minutes, endedMinutesAgo });
}
