import { lateIf } from '../../../harness/engine/measured.ts';
import { WaitTimeout } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { Refused } from './api.ts';

/** Something that is done and seen; the result must be exactly as expected. */
export interface Step {
  readonly subject: string;
  readonly expected: string;
  readonly see: () => Promise<string>;
  /** It waits for something that has to come, not for something to go: not in time is late then. */
  readonly awaited?: true;
  /** A control proves that the steps beside it could have come out otherwise; an observation, when left out, decides. */
  readonly role?: 'control';
}

/**
 * Does steps one after the other. A refusal of Canine, or an effect that does not come in time, was observed; it ends the row, for
 * whatever comes after it would only say the same.
 */
export async function inOrder({ observe, control }: Pick<CheckContext, 'observe' | 'control'>, steps: readonly Step[]): Promise<void> {
  for (const { subject, expected, see, awaited, role } of steps) {
    const { saw, isTimeout } = await see().then((seen) => ({ saw: seen, isTimeout: false }), refusal);
    const record = role === 'control' ? control : observe;
    record({ subject, vantage: 'Canine', expected, saw, held: saw === expected, ...lateIf(isTimeout && awaited === true) });
    if (saw !== expected) return;
  }
}

/** The same step as a control. */
export function asControl(step: Step): Step {
  return { ...step, role: 'control' };
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

/** A step whose list must not have a member. */
export function lacks(subject: string, member: string, list: () => Promise<readonly string[]>): Step {
  const see = async (): Promise<string> => ((await list()).includes(member) ? 'listed' : 'not listed');
  return { subject, expected: 'not listed', see };
}

function refusal(error: unknown): { saw: string; isTimeout: boolean } {
  if (error instanceof Refused || error instanceof WaitTimeout) return { saw: error.message, isTimeout: error instanceof WaitTimeout };
  throw error;
}
