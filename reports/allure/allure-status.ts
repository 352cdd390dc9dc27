import { Status } from 'allure-js-commons';
import type { Outcome } from '../outcome.ts';

/** Allure's status for each outcome, given explicitly so that Allure never guesses one from a message. */
export const allureStatus = {
  kept: Status.PASSED,
  rehearsed: Status.PASSED,
  broken: Status.FAILED,
  /** Allure's `broken` means that a test could not be carried out; it is not this product's `broken`. */
  inconclusive: Status.BROKEN,
  'not-run': Status.SKIPPED,
  waived: Status.PASSED,
} as const satisfies Record<Outcome, Status>;
