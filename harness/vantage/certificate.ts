import { once } from 'node:events';
import { checkServerIdentity, connect } from 'node:tls';

export interface ServingCertificate {
  /** Subject alternative names as the certificate has them, for example `DNS:w01`. */
  readonly names: readonly string[];
  /** Whether a client that asks for this host name would accept it (RFC 6125). */
  isFor(hostname: string): boolean;
}

const handshakeTimeoutMs = 5000;

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
