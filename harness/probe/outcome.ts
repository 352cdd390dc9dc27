import type { Target } from './target.ts';

/** How one attempt ended. Times are milliseconds since the attempt began, to 10 ms. */
export type Outcome =
  | { readonly kind: 'connected'; readonly afterMs: number }
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly afterMs: number }
  /** A name server answered: its code (RFC 1035: NOERROR, NXDOMAIN...) and the addresses that it gave. */
  | { readonly kind: 'resolved'; readonly code: string; readonly addresses: readonly string[]; readonly afterMs: number }
  /** Silence, and no connection was ever made. */
  | { readonly kind: 'timeout'; readonly afterMs: number }
  /** A connection, and then no whole answer until the attempt was given up. */
  | { readonly kind: 'no-answer'; readonly connectedAfterMs?: number; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly afterMs: number }
  /** The other side ended the attempt. `connectedAfterMs`: after it had accepted the connection. */
  | { readonly kind: 'reset'; readonly connectedAfterMs?: number; readonly afterMs: number }
  /** No route, or nobody on the target's network has the address. */
  | { readonly kind: 'unreachable'; readonly afterMs: number }
  | { readonly kind: 'name-error'; readonly text: string; readonly afterMs: number }
  /** The server's certificate is of no trusted authority, or not for the name that was asked. */
  | { readonly kind: 'untrusted'; readonly text: string; readonly afterMs: number }
  /** The probe itself did not work: this says nothing about the target. */
  | { readonly kind: 'failed'; readonly text: string; readonly afterMs: number };

/** Whether somebody at the target answered, trusted or not. */
export function reached(outcome: Outcome): boolean {
  return outcome.kind === 'connected' || outcome.kind === 'answered' || outcome.kind === 'resolved' || outcome.kind === 'untrusted';
}

/** Whether a connection was made, whatever came of it. */
export function connected(outcome: Outcome): boolean {
  return reached(outcome) || outcome.kind === 'no-answer' || (outcome.kind === 'reset' && outcome.connectedAfterMs !== undefined);
}

/** Whether the attempt failed as a policy that drops packets makes it fail: silence, and no connection was ever made. */
export function blocked(outcome: Outcome): boolean {
  return outcome.kind === 'timeout';
}

/** Whether the attempt ended because its time was over: on a busy machine it may be the prober's own fault. */
export function gaveUp(outcome: Outcome): boolean {
  return outcome.kind === 'timeout' || outcome.kind === 'no-answer';
}

/**
 * Whether a slow machine may make such an outcome of a target that would have answered. `unreachable` is one: nobody told the target's
 * hardware address in 3 s (arp(7): mcast_solicit), and for an address of MetalLB a program tells it.
 */
export function mayBeLate(outcome: Outcome): boolean {
  return gaveUp(outcome) || outcome.kind === 'unreachable';
}

/**
 * Whether packets came through to the target: it was reached, or, where nobody listens, it refused. A port that should
 * listen and refuses has not been reached, though no policy stopped the packet.
 */
export function cameThrough(target: Target, outcome: Outcome): boolean {
  const mayRefuse = 'listens' in target && target.listens === false;
  return reached(outcome) || (mayRefuse && (outcome.kind === 'refused' || outcome.kind === 'reset'));
}

/** An outcome in words for a report. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return `answered ${outcome.status} after ${outcome.afterMs} ms`;
    case 'resolved':
      return `${outcome.code} ${outcome.addresses.join(', ')} after ${outcome.afterMs} ms`;
    case 'no-answer':
    case 'reset':
      return `${connectionText(outcome)}${outcome.kind} after ${outcome.afterMs} ms`;
    case 'name-error':
    case 'untrusted':
    case 'failed':
      return `${outcome.kind}: ${outcome.text.trim()}`;
    default:
      return `${outcome.kind} after ${outcome.afterMs} ms`;
  }
}

function connectionText({ connectedAfterMs }: { readonly connectedAfterMs?: number }): string {
  return connectedAfterMs === undefined ? '' : `connected after ${connectedAfterMs} ms, then `;
}
