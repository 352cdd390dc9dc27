/** Lines by which the process of the checks tells the command that started it what happens; each begins with its mark. */

/** A check has ended. */
export const decidedMark = 'decided: ';

/** A change could not be undone at the end of the run. */
export const leftMark = 'left behind: ';

/** What the run waits for to have the cluster for itself. */
export const leaseMark = 'lease: ';

/** The run cannot begin: a Problem as JSON. */
export const refusedMark = 'refused: ';
