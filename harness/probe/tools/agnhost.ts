import type { Outcome } from '../outcome.ts';
import { type ToolExit, withoutRoute } from './tool-exit.ts';

/**
 * The outcome of `agnhost connect`, which says TIMEOUT, REFUSED, DNS, OTHER or UNKNOWN, with Go's error behind it (Kubernetes,
 * test/images/agnhost/connect). Of SCTP it says OTHER, and of UDP UNKNOWN, where of TCP it has a word.
 */
export function agnhostOutcome(text: string, { code, afterMs }: ToolExit): Outcome {
  if (code === 0) return { kind: 'connected', afterMs };
  const [, word = '', reason = ''] = /^(TIMEOUT|REFUSED|DNS|OTHER|UNKNOWN)\b(.*)/m.exec(text) ?? [];
  if (word === 'TIMEOUT') return { kind: 'timeout', afterMs };
  if (word === 'DNS') return { kind: 'name-error', text, afterMs };
  if (word === 'REFUSED' || reason.includes('connection refused')) return { kind: 'refused', afterMs };
  if (withoutRoute.test(reason)) return { kind: 'unreachable', afterMs };
  if (reason.includes('reset by peer')) return { kind: 'reset', afterMs };
  return { kind: 'failed', text: `exit code ${code}: ${text}`, afterMs };
}
