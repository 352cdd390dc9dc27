import { once } from 'node:events';
import { checkServerIdentity, connect } from 'node:tls';

export interface ServingCertificate {
  /** Subject alternative names as the certificate has them, for example `DNS:w01`. */
  readonly names: readonly string[];
  /** Whether a client that asks for this host name would accept it (RFC 6125). */
  isFor(hostname: string): boolean;
}

const handshakeTimeoutMs = 5000;

/** What a client with its own list of authorities makes of a server that it asks for by a name. */
export interface NamedHandshake {
  /** Whether the chain leads to one of these authorities, and the certificate is for the name. */
  readonly isTrusted: boolean;
  /** Why not. */
  readonly reason: string;
  /** Hexadecimal, upper case. */
  readonly serialNumber: string;
  /** Common name of the subject. */
  readonly subject: string;
}

/** A handshake by name (RFC 6066, server name) at an address, with the authorities of this machine; throws when there is no TLS server. */
export async function namedHandshake(
  { address, port, name }: { readonly address: string; readonly port: number; readonly name: string },
  signal: AbortSignal,
): Promise<NamedHandshake> {
  const socket = connect({ host: address, port, servername: name, rejectUnauthorized: false, timeout: handshakeTimeoutMs });
  socket.once('timeout', () => socket.destroy(new Error(`no TLS handshake with ${address}:${port} within ${handshakeTimeoutMs / 1000} s`)));
  try {
    await once(socket, 'secureConnect', { signal });
    const certificate = socket.getPeerCertificate();
    const wrongName = checkServerIdentity(name, certificate);
    return {
      isTrusted: socket.authorized && wrongName === undefined,
      reason: wrongName?.message ?? String(socket.authorizationError ?? ''),
      serialNumber: certificate.serialNumber,
      subject: String(certificate.subject.CN),
    };
  } finally {
    socket.destroy();
  }
}

/** The certificate that a TLS server presents to the runner, whoever signed it; throws when there is no TLS server. */
export async function servingCertificate(host: string, port: number, signal: AbortSignal): Promise<ServingCertificate> {
  const socket = connect({ host, port, rejectUnauthorized: false, timeout: handshakeTimeoutMs });
  socket.once('timeout', () => socket.destroy(new Error(`no TLS handshake with ${host}:${port} within ${handshakeTimeoutMs / 1000} s`)));
  try {
    await once(socket, 'secureConnect', { signal });
    const certificate = socket.getPeerCertificate();
    return {
      names: (certificate.subjectaltname ?? '').split(', '),
      isFor: (hostname) => checkServerIdentity(hostname, certificate) === undefined,
    };
  } finally {
    socket.destroy();
  }
}
