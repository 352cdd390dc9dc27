import { Involved } from './involved.ts';
import { redact, redactValue } from './redaction.ts';
import type { Observation, SampledSeries } from './run-record.ts';
import { stableKey } from './stable-key.ts';

/** One thing that was measured, as a check reports it; time and key are added. */
export type Measured = Omit<Observation, 'role' | 'at' | 'key'> & {
  /** Names the observation in the same way in every run; made from the subject when left out. */
  readonly key?: string;
};

/** The ways in which a check reports what it measured. */
export interface Evidence {
  /** Reports a measurement that decides the verdict. */
  observe(measured: Measured): void;
  /** Reports a measurement of the cluster that proves that an observation could have come out the other way. */
  control(measured: Measured): void;
  /** Tells the reader of a broken verdict the next thing to look at; looked up only when the verdict is broken. */
  hint(next: () => Promise<string>): void;
  /** Adds sampled series; the report draws them. */
  show(series: readonly SampledSeries[]): void;
  /** The parts of the cluster that the check touched, for its diagnosis. */
  readonly involved: Involved;
}

/** Vantages that are no place of the cluster: a measurement from there would test our own code. */
const ownVantages = ['this check', 'conform'];

/** Collects the evidence of one look at one requirement. */
export class EvidenceLog implements Evidence {
  readonly involved = new Involved();
  readonly observations: Observation[] = [];
  readonly series: SampledSeries[] = [];
  nextStep: () => Promise<string>;
  readonly #keys = new Map<string, number>();

  constructor(nextStep: string) {
    this.nextStep = async () => nextStep;
  }

  observe = (measured: Measured): void => this.#add('observation', measured);

  /** Throws when the control did not look at the cluster. */
  control = (measured: Measured): void => {
    if (ownVantages.includes(measured.vantage))
      throw new Error(`the control "${measured.subject}" tests our own code and not the cluster: make it a unit test`);
    this.#add('control', measured);
  };

  hint = (next: () => Promise<string>): void => void (this.nextStep = next);

  show = (series: readonly SampledSeries[]): void => void this.series.push(...series);

  #add(role: Observation['role'], { key, saw, raw, ...rest }: Measured): void {
    const named = this.#distinct(key ?? stableKey(rest.subject));
    const at = new Date().toISOString();
    this.observations.push({ role, key: named, at, ...rest, saw: redact(saw), ...(raw === undefined ? {} : { raw: redactValue(raw) }) });
  }

  /** A key that is used again gets its number: the second of five datagrams is `... #2`. */
  #distinct(key: string): string {
    const count = (this.#keys.get(key) ?? 0) + 1;
    this.#keys.set(key, count);
    return count === 1 ? key : `${key} #${count}`;
  }
}
