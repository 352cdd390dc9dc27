import { exitCode } from '../harness/engine/problem.ts';

const controller = new AbortController();
let installed = false;

/** Aborted by the first Ctrl-C or SIGTERM, so that what was begun is undone; the second one ends the process at once. */
export function interruptSignal(): AbortSignal {
  if (!installed) {
    installed = true;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  }
  return controller.signal;
}

function interrupt(): void {
  if (controller.signal.aborted) process.exit(exitCode.interrupted);
  process.stderr.write('\ninterrupted: undoing what was begun (once more stops at once)\n');
  controller.abort(new Error('interrupted'));
}
