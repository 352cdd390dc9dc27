import type { RunEvent } from '../harness/engine/runner/events.ts';
import type { Phase } from '../provision/provider.ts';

/** How a run tells its user what it does; a command makes it. */
export interface RunConsole {
  /** Ends with the user's interrupt. */
  readonly phase: Phase;
  /** For the undo and the report, which go on after an interrupt, for a bounded time. */
  readonly lastPhase: Phase;
  /** What a user should know beside the result. */
  warn(text: string): void;
  /** The result itself, for standard output. */
  print(text: string): void;
  /** Whether what is printed may have colours. */
  readonly colour: boolean;
  /** Hears everything that the runner tells. */
  readonly listen?: ((event: RunEvent) => void) | undefined;
}
