import type { Outcome } from '../outcome.ts';
import { type ToolExit, withoutRoute } from './tool-exit.ts';

/**
 * The outcome of one question of dig. It ends with 9 when no server answered (dig(1)), and says why (BIND 9.18): `Connection
 * to ... failed` before there was a connection, `communications error` after it.
 */
export function digOutcome(text: string, { code, afterMs }: ToolExit, over: 'udp' | 'tcp'): Outcome {
  const answer = /^;; ->>HEADER<<-.* status: ([A-Z]+)/m.exec(text)?.[1];
  if (code === 0 && answer !== undefined) return { kind: 'resolved', code: answer, addresses: addressesIn(text), afterMs };
  const reason = /^;; (?:(?:Connection to|UDP setup with) \S+ for .* failed|communications error to \S+): (.*)$/m.exec(text)?.[1] ?? '';
  if (reason.includes('refused')) return { kind: 'refused', afterMs };
  if (withoutRoute.test(reason)) return { kind: 'unreachable', afterMs };
  if (/end of file|reset/.test(reason)) return { kind: 'reset', afterMs };
  if (over === 'tcp' && /^;; communications error to .*timed out/m.test(text)) return { kind: 'no-answer', afterMs };
  if (reason.includes('timed out') || /^;; connection timed out/m.test(text)) return { kind: 'timeout', afterMs };
  return { kind: 'failed', text: `exit code ${code}: ${text}`, afterMs };
}

function addressesIn(text: string): string[] {
  return [...text.matchAll(/\sIN\s+A\s+(\S+)$/gm)].map(([, address = '']) => address);
}
