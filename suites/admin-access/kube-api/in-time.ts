import { lateIf } from '../../../harness/engine/measured.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { WaitTimeout } from '../../../harness/engine/waiting.ts';

/** The end of a wait as a value, for promises that something comes in time. */
export type InTime<T> = { readonly kind: 'came'; readonly value: T } | { readonly kind: 'late'; readonly text: string };

/** Waits by an operation that throws a WaitTimeout at its deadline; any other failure is thrown on. */
export async function inTime<T>(operation: () => Promise<T>): Promise<InTime<T>> {
  try {
    return { kind: 'came', value: await operation() };
  } catch (error) {
    if (error instanceof WaitTimeout) return { kind: 'late', text: error.message };
    throw error;
  }
}

/** A wait as an observation: it holds when its end came. */
export function cameInTime<T>(
  subject: string,
  came: InTime<T>,
  { vantage, expected, saw }: { vantage: string; expected: string; saw: (value: T) => string },
): Measured {
  const isLate = came.kind === 'late';
  return { subject, vantage, expected, saw: isLate ? came.text : saw(came.value), held: !isLate, ...lateIf(isLate) };
}
