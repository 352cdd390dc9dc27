import { WaitTimeout } from '../../harness/engine/waiting.ts';

/** How a wait ended: with its answer, or with the words of its time-out. */
export type InTime<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'late'; readonly text: string };

/** Waits; being late is the measurement, and any other error is none. */
export async function inTime<T>(wait: () => Promise<T>): Promise<InTime<T>> {
  try {
    return { kind: 'done', value: await wait() };
  } catch (error) {
    if (error instanceof WaitTimeout) return { kind: 'late', text: error.message };
    throw error;
  }
}
