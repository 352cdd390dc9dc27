/** What every piece of work that takes time is given: a way to be stopped, and a place to say what it is doing. */
export interface Work {
  readonly signal: AbortSignal;
  /** Shows the current detail, for example what is being waited for; replaces the one before on a terminal. */
  readonly say: (detail: string) => void;
}
