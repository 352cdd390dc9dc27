import type { Metadata } from '@grpc/grpc-js';

/** Where a proxying apid says on whose behalf it calls (Talos: grpc/middleware/authz). */
export const roleKey = 'talos-role';

/** Set by a proxying apid, so that a request is forwarded once only. */
export const proxiedKey = 'proxyfrom';

/** What a handler sees of its caller's connection and metadata. */
export interface CallerContext {
  readonly metadata: Metadata;
  getAuthContext(): { sslPeerCertificate?: { subject: { O?: string | string[] } } } | null;
}

/**
 * The caller's roles: the organisations of its certificate. Another node's apid may speak for its own caller: it holds the
 * role os:impersonator, and names the roles in the metadata.
 */
export function rolesOf(call: CallerContext): string[] {
  const own = [call.getAuthContext()?.sslPeerCertificate?.subject.O ?? []].flat();
  const named = valuesOf(call.metadata, roleKey);
  return own.includes('os:impersonator') && named.length > 0 ? named : own;
}

/** All values of a key: Node's HTTP/2 joins headers of the same name with commas. */
export function valuesOf(metadata: Metadata, key: string): string[] {
  return metadata
    .get(key)
    .flatMap((value) => String(value).split(/,\s*/))
    .filter((value) => value !== '');
}
