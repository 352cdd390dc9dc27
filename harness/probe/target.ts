/** The other end of an attempt; several are tried at the same time. */
export type Target =
  /** A connection; no byte of the answer counts. */
  | (Port & { readonly kind: 'tcp' })
  /** One datagram, `hostname` unless given, that agnhost netexec answers; any datagram that comes back counts. */
  | (Port & { readonly kind: 'udp'; readonly data?: string })
  /**
   * An association and one message, `hostname`, that agnhost netexec answers. A time-out does not tell whether there was an
   * association (agnhost connect): only an anchor that gets the answer makes it a denial.
   */
  | (Port & { readonly kind: 'sctp' })
  /** Three echo requests; one answer is enough. */
  | { readonly kind: 'icmp'; readonly host: string }
  /** A question for the IPv4 addresses of a name, to this server and no other; given up after the probe's time-out, unless the promise has another. */
  | { readonly kind: 'dns'; readonly server: string; readonly name: string; readonly over: 'udp' | 'tcp'; readonly withinSeconds?: number }
  | HttpTarget;

interface Port {
  readonly host: string;
  readonly port: number;
  /**
   * Nobody listens there: a packet that comes through meets a refusal (a reset for TCP, RFC 9293; an ICMP message for UDP,
   * RFC 1122), and one that a policy drops meets silence. So any port can be tried; cameThrough reads the outcome.
   */
  readonly listens?: false;
}

/** A GET, redirects followed; the last answer's status and body are the outcome. */
export interface HttpTarget {
  readonly kind: 'http';
  readonly url: string;
  /** Header lines, for example `Host: canine.29.talos.vaheed.net`. */
  readonly headers?: readonly string[];
  /** Takes any certificate: for promises about who answers, not about who signed. */
  readonly insecure?: true;
  /** Given up after the probe's time-out, unless the promise has another. */
  readonly withinSeconds?: number;
  /** PEM of the only authority whose certificates are taken, in place of those that the vantage trusts. */
  readonly authority?: string;
}
