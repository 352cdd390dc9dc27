import type { Outcome } from '../outcome.ts';
import { type ToolExit, withoutRoute } from './tool-exit.ts';

/** The outcome of echo requests, by ping of iputils or of busybox: it ends with 1 when nothing came back (ping(8)). */
export function pingOutcome(text: string, { code, afterMs }: ToolExit): Outcome {
  if (code === 0) return { kind: 'connected', afterMs };
  if (/(Destination|Network|Host) .*unreachable/i.test(text) || withoutRoute.test(text)) return { kind: 'unreachable', afterMs };
  if (/\b0 (packets )?received/.test(text)) return { kind: 'timeout', afterMs };
  return { kind: 'failed', text: `exit code ${code}: ${text}`, afterMs };
}
