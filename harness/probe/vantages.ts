import { z } from 'zod';
import type { PodPlace } from '../engine/involved.ts';
import type { Outcome } from './outcome.ts';
import type { Target } from './target.ts';

export type { PodPlace } from '../engine/involved.ts';

/**
 * A place to probe from. `command` is put before a command to run it there, so that a suite never knows how a provider
 * gets to a place: namespaces in the lab, ssh elsewhere.
 */
export const vantageSchema = z.object({
  name: z.string(),
  address: z.string(),
  /** `outside`: beyond the gateway; `lan`: on the node network, no node; `node`: a cluster node itself. */
  where: z.enum(['outside', 'lan', 'node']),
  role: z.string(),
  command: z.array(z.string()),
  /** How a node is switched, where the provider can; each is a command of the machine that `conform` runs on. */
  power: z.object({ off: z.array(z.string()), on: z.array(z.string()) }).optional(),
});

export type Vantage = z.infer<typeof vantageSchema>;

/** The capability that a probe from there touches, by where the vantage is. */
const capabilities = {
  node: 'node-shell',
  outside: 'outside-vantage',
  lan: 'outside-vantage',
} as const satisfies Record<Vantage['where'], string>;

export function capabilityOf({ where }: Pick<Vantage, 'where'>): (typeof capabilities)[Vantage['where']] {
  return capabilities[where];
}

/** A pod; `shellPort`: where its agnhost netexec serves a shell, which costs its node less than a command in the container. */
export interface ProbingPod extends PodPlace {
  readonly shellPort?: number;
}

/** Where a probe starts: a host or node by its name, or a pod. */
export type Place = { readonly host: string } | ProbingPod;

/** The places of a cluster, to probe from. */
export interface Vantages {
  /** Throws when there is none of this name. */
  vantage(name: string): Vantage;
  /** Runs a command at a host or on a node, with `input` as its standard input; throws when it fails. */
  runAt(name: string, command: readonly string[], signal: AbortSignal, input?: string): Promise<string>;
  /** Gets ready to probe from a place, so that its next probe begins at once. Throws when there is no way to it. */
  prepare(place: Place): Promise<void>;
  /** Tries all targets from the place at the same time; `seconds`: the time-out of an attempt, where it must be short against a promised time. */
  probe(place: Place, targets: readonly Target[], signal: AbortSignal, seconds?: number): Promise<Outcome[]>;
  /** The place in words: its name and source address. */
  placeText(place: Place): string;
}
