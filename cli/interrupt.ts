import { exitCode } from '../harness/engine/problem.ts';

/** After the first signal the undo and the report may take so long. */
const undoMs = 45_000;
/** After the first signal the process ends within this time, whatever it does. */
const endMs = 58_000;

const interrupted = new AbortController();
const overdue = new AbortController();
let installed = false;

/** Aborted by the first Ctrl-C, SIGTERM or SIGHUP, so that what was begun is undone; the second one ends the process at once. */
export function interruptSignal(): AbortSignal {
  install();
  return interrupted.signal;
}

/** Aborted when the undo and the report after an interrupt have had their time; never without one. */
export function overdueSignal(): AbortSignal {
  install();
  return overdue.signal;
}

function install(): void {
  if (installed) return;
  installed = true;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
}

function interrupt(): void {
  if (interrupted.signal.aborted) process.exit(exitCode.interrupted);
  process.stderr.write('\ninterrupted: undoing what was begun, within a minute (once more stops at once)\n');
  interrupted.abort(new Error('interrupted'));
  setTimeout(() => overdue.abort(new Error('the time for the undo after an interrupt was over')), undoMs).unref();
  setTimeout(() => {
    process.stderr.write('ended before everything was undone. Next: conform status, conform cleanup\n');
    process.exit(exitCode.interrupted);
  }, endMs).unref();
}
