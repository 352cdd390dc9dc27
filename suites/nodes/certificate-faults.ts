import type { ShownCertificate } from '../../harness/probe/certificate.ts';

/** What a certificate is to be good for. */
interface Wanted {
  /** Names and addresses. */
  readonly hosts: readonly string[];
  readonly now: Date;
  /** Whether this issuer may sign for itself: a kubelet without a certificate from the cluster makes one (Kubernetes: kubelet TLS). */
  readonly maySign?: (issuer: string) => boolean;
}

/**
 * All that is wrong with a certificate, in words; none when it is good. The names do not save one that is not valid today, nor does
 * the authority save one for somebody else.
 */
export function certificateFaults(
  { distrust, issuer, validFrom, validTo, names, isFor }: ShownCertificate,
  { hosts, now, maySign = () => false }: Wanted,
): string[] {
  const missing = hosts.filter((host) => !isFor(host));
  return [
    ...(validFrom > now ? [`valid from ${validFrom.toISOString()} on`] : []),
    ...(validTo < now ? [`expired at ${validTo.toISOString()}`] : []),
    ...(distrust === undefined || maySign(issuer) || isOfDate(distrust) ? [] : [`not of the authority: issued by ${issuer} (${distrust})`]),
    ...(missing.length === 0 ? [] : [`not for ${missing.join(', ')}, but for ${names.join(', ') || 'nobody'}`]),
  ];
}

/** OpenSSL's words for a date, which is told by the date itself (X509_verify_cert_error). */
function isOfDate(distrust: string): boolean {
  return distrust === 'CERT_HAS_EXPIRED' || distrust === 'CERT_NOT_YET_VALID';
}

/** For evidence: what a reader wants to know of a certificate. */
export function certificateText({ issuer, names, validTo }: ShownCertificate): string {
  return `issued by ${issuer} until ${validTo.toISOString().slice(0, 10)} for ${names.join(', ') || 'nobody'}`;
}
