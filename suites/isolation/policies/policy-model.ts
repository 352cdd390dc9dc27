import { overlap, rangeOf, without } from '../../../guide/address.ts';
import type { Labels } from '../../fixtures/calico/selector.ts';
import { type PortRange, anyPort, intersection, portsText } from './port-ranges.ts';

export type Direction = 'ingress' | 'egress';

/** A namespace as policies see it. */
export interface PolicyNamespace {
  readonly name: string;
  readonly labels: Labels;
  /** Labels of the pods that live in it. */
  readonly pods: readonly Labels[];
}

/** A rule that lets traffic through. */
interface AllowRule {
  readonly direction: Direction;
  readonly ports: readonly PortRange[];
  /** Whether pods of another namespace may be at the other end, whatever labels they give themselves. */
  admits(other: PolicyNamespace): boolean;
}

/** The parts of a policy that decide whom it lets through, the same for Kubernetes and Calico. */
export interface Policy {
  /** For example `NetworkPolicy canine-bob/allow-published`. */
  readonly name: string;
  /** The directions in which it keeps out everything that no rule lets through. */
  readonly isolates: readonly Direction[];
  /** Which pods of a namespace it selects. A tenant labels its pods itself, so any label may be there. */
  selects(own: PolicyNamespace): 'every pod' | 'some pods' | 'none';
  readonly allows: readonly AllowRule[];
}

/** A way through one side of a connection: the policy that opens it, and the ports. */
export interface Opening {
  readonly by: string;
  readonly ports: readonly PortRange[];
}

/**
 * The ways by which one side lets through what comes from, or goes to, another namespace. A pod that no policy isolates is a way,
 * too. Rules that deny do not count: whether a policy is closed must not rest on the order of two others.
 */
export function openings(
  policies: readonly Policy[],
  { own, other, direction }: { readonly own: PolicyNamespace; readonly other: PolicyNamespace; readonly direction: Direction },
): Opening[] {
  const selecting = policies.filter((policy) => policy.selects(own) !== 'none');
  const isIsolated = selecting.some((policy) => policy.selects(own) === 'every pod' && policy.isolates.includes(direction));
  const bare: Opening[] = isIsolated ? [] : [{ by: `no policy of ${own.name} that isolates every pod for ${direction}`, ports: anyPort }];
  const allowed = selecting.flatMap(({ name, allows }) =>
    allows.filter((rule) => rule.direction === direction && rule.admits(other)).map(({ ports }): Opening => ({ by: name, ports })),
  );
  return [...bare, ...allowed];
}

/** The ways from the pods of one namespace to those of another that both sides let through. */
export function waysBetween(policies: readonly Policy[], from: PolicyNamespace, to: PolicyNamespace): Opening[] {
  const outward = openings(policies, { own: from, other: to, direction: 'egress' });
  const inward = openings(policies, { own: to, other: from, direction: 'ingress' });
  return outward.flatMap((out) =>
    inward.flatMap((into) => {
      const ports = intersection(out.ports, into.ports);
      return ports.length === 0 ? [] : [{ by: `${out.by} and ${into.by}`, ports }];
    }),
  );
}

export function openingText({ by, ports }: Opening): string {
  return `${by}: ${portsText(ports)}`;
}

/**
 * Whether a block of addresses, less its exceptions, holds addresses of pods. Pods' addresses are given out anew, so a block that
 * holds any of them may admit any pod.
 */
export function holdsPodAddress(
  { cidr, except = [] }: { readonly cidr: string; readonly except?: readonly string[] },
  podNetworks: readonly string[],
): boolean {
  const parts = without(rangeOf(cidr), except.map(rangeOf));
  return podNetworks.map(rangeOf).some((network) => parts.some((part) => overlap(part, network)));
}
