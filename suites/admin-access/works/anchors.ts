import type { Claim, ClaimAttempt, Destination, Source } from '../../../harness/probe/claims.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';

/** The pods that the checks of this topic ask from. */
export interface Askers {
  /** In each namespace of the platform, under the same policies as its own. */
  readonly platform: readonly EchoGroup[];
  /** On no list. */
  readonly ordinary: EchoGroup;
}

/** A group's pods as sources of claims. */
export function sourcesOf({ pods }: EchoGroup, group: string): Source[] {
  return pods.map(({ node, place }) => ({ name: `${group} on ${node}`, place }));
}

/** The pods in one namespace of the platform. Throws when there are none. */
export function askersIn({ platform }: Pick<Askers, 'platform'>, namespace: string): EchoGroup {
  const found = platform.find((group) => group.namespace === namespace);
  if (found === undefined) throw new Error(`there are no echo pods in ${namespace}`);
  return found;
}

/**
 * Controls that policies are in force for a target: pods that are on no list get no connection to it, while they reach what all
 * pods may reach. (Pods have addresses of their own inside the cluster alone: outsiders have no way to one.) That somebody does reach
 * the target is the check's own observation.
 */
export function strangersAreDenied({ cluster }: Pick<CheckContext, 'cluster'>, { ordinary }: Askers, to: Destination): Claim {
  const dns: Destination = { name: 'cluster DNS', target: { kind: 'tcp', host: cluster.documented.dnsServiceAddress, port: 53 } };
  return {
    attempts: sourcesOf(ordinary, 'default').flatMap((from): ClaimAttempt[] => [
      { role: 'control', from, to, expect: 'denied' },
      { role: 'control', from, to: dns, expect: 'reached' },
    ]),
  };
}
