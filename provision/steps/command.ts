/** What a command answered; a refusal by the API is an answer, not an error. */
export interface CommandAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl as the guide's reader would: from the admin workstation, with the cluster's kubeconfig. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<CommandAnswer>;
