import { errorText } from './error-text.ts';
import { WaitTimeout } from './waiting.ts';

/** What an operation came to, as a value: for promises that it succeeds, where failing is what was measured. */
export type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly text: string; /** It ran into the deadline of a wait. */ readonly isTimeout: boolean };

/** Makes the attempt; its failure is an outcome, unless the work itself was stopped. */
export async function attempt<T>(signal: AbortSignal, operation: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { kind: 'done', value: await operation() };
  } catch (error) {
    signal.throwIfAborted();
    return {
      kind: 'failed',
      text: errorText(error),
      isTimeout: error instanceof WaitTimeout,
    };
  }
}
