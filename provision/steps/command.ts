/** What a command answered; a refusal by the API is an answer, not an error. */
export interface CommandAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs kubectl as the guide's reader would: from the admin workstation, with the cluster's kubeconfig.
 * It ends with the work that it belongs to, and when `signal` is aborted.
 */
export type Kubectl = (args: readonly string[], input?: string, signal?: AbortSignal) => Promise<CommandAnswer>;
