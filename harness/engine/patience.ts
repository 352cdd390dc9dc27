/** Times that we wait for our own means, in milliseconds on a quiet machine: long enough that a busy one makes no verdict. */
const quiet = {
  /** A pod of a check is Ready. */
  podReady: 60_000,
  /** An object that a check made is gone again. */
  objectGone: 30_000,
  /** An effect of a change is there that no promise gives a limit for. */
  effect: 30_000,
  /** A cluster whose API has not answered for so long will not come back within a run. */
  lostApi: 120_000,
  /** An answer of an API, a command or a log. */
  answer: 15_000,
  /** Ninety Services are given addresses, a second each. */
  manyAddresses: 90_000,
  /** Figures of a new pod are there: it has been scraped twice. */
  figures: 90_000,
  /** The first cost of a new pod is told: two scrapes of two exporters, a minute apart each. */
  firstCost: 110_000,
  /** An answer about costs, for which some sixty queries of metrics are made. */
  costAnswer: 50_000,
  /** An image is pulled by way of a mirror that has to fetch it first. */
  imagePulled: 120_000,
  /** An agent on every node is Ready after all have started at the same time. */
  agentsRestarted: 150_000,
  /** A volume is made, attached, formatted and mounted, and the pod that waits for it runs. */
  volumeMounted: 150_000,
  /** A volume is detached, or takes another state that no promise gives a limit for. */
  volumeSettled: 90_000,
  /** A certificate authority has issued a certificate: order, challenge, certificate. */
  certificateIssued: 240_000,
} as const;

let factor = 1;

/** Scales all patience; a provider gives the factor of its machines. Throws for a factor below 1. */
export function setPatience(of: number): void {
  if (!(of >= 1)) throw new RangeError(`a factor of patience is 1 or more, saw ${of}`);
  factor = of;
}

/** How long to wait for a means of ours, in milliseconds. */
export function patience(what: keyof typeof quiet): number {
  return patient(quiet[what]);
}

/** A limit of ours that is given for a quiet machine, milliseconds or a count, as large as this machine needs. */
export function patient(limit: number): number {
  return limit * factor;
}
