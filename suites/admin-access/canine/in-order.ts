import type { CheckContext } from '../../../harness/platform/check.ts';
import { lateIf } from '../../../harness/engine/measured.ts';
import { WaitTimeout } from '../../../harness/engine/waiting.ts';
import { Refused } from './api.ts';

/** Something that is done and seen; what is seen must be exactly what is expected. */
export interface Step {
  readonly subject: string;
  readonly expected: string;
  readonly see: () => Promise<string>;
  /** It waits for something that has to come, not for something to go: not in time is late then. */
  readonly awaited?: true;
}

/**
 * Does steps one after the other, each an observation. What Canine refuses, or does not do in time, was observed; it ends
 * the row, for what comes after it would only say the same.
 */
export async function inOrder({ observe }: Pick<CheckContext, 'observe'>, steps: readonly Step[]): Promise<void> {
  for (const { subject, expected, see, awaited } of steps) {
    const { saw, isTimeout } = await see().then((seen) => ({ saw: seen, isTimeout: false }), refusal);
    observe({ subject, vantage: 'Canine', expected, saw, held: saw === expected, ...lateIf(isTimeout && awaited === true) });
    if (saw !== expected) return;
  }
}

/** A step that is done when Canine does not refuse it. */
export function does(subject: string, operation: () => Promise<unknown>): Step {
  const see = async (): Promise<string> => {
    await operation();
    return 'done';
  };
  return { subject, expected: 'done', see };
}

/** A step that Canine must refuse. */
export function refuses(subject: string, operation: () => Promise<unknown>): Step {
  const see = async (): Promise<string> =>
    operation().then(
      () => 'done',
      (error: unknown) => {
        if (error instanceof Refused) return 'refused';
        throw error;
      },
    );
  return { subject, expected: 'refused', see };
}

/** A step whose list must have a member. */
export function lists(subject: string, member: string, list: () => Promise<readonly string[]>): Step {
  const see = async (): Promise<string> => {
    const listed = await list();
    return listed.includes(member) ? member : `not among ${listed.length}: ${listed.slice(0, 8).join(', ')}`;
  };
  return { subject, expected: member, see };
}

function refusal(error: unknown): { saw: string; isTimeout: boolean } {
  if (error instanceof Refused || error instanceof WaitTimeout) return { saw: error.message, isTimeout: error instanceof WaitTimeout };
  throw error;
}
