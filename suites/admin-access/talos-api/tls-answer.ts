import { type TLSSocket, connect } from 'node:tls';
import { patience } from '../../../harness/engine/patience.ts';
import { TransportFailure } from '../../../harness/engine/transport.ts';

/** A TLS server's answer to a client's certificate, or to none. */
export type TlsAnswer = { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly how: string };

export interface TlsCaller {
  readonly address: string;
  readonly port: number;
  /** PEM; the server must be of it. */
  readonly ca: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** Alerts by which a server says that it does not take the certificate (RFC 8446, 6.2), as OpenSSL names them. */
const certificateAlert = /_ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)$/;

/**
 * Shows a certificate to an HTTP/2 server. Admitted: its settings came, which it sends first (RFC 9113, 3.4). Refused: an alert, or
 * the end of the connection by a server that had proved who it is. Anything else is no answer, and throws: silence, a reset, nobody
 * there, a server of another authority.
 */
export async function tlsAnswer({ address, port, ca, certificate, key }: TlsCaller, signal: AbortSignal): Promise<TlsAnswer> {
  const socket = connect({
    host: address,
    port,
    ALPNProtocols: ['h2'],
    timeout: patience('answer'),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  });
  const stop = (): void => void socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await answerOf(socket, `${address}:${port}`);
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

async function answerOf(socket: TLSSocket, place: string): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    let isProven = false;
    socket.once('secureConnect', () => void (isProven = true));
    socket.once('data', () => resolve({ kind: 'admitted' }));
    socket.once('timeout', () => reject(new TransportFailure(`${place} did not answer a TLS handshake`)));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const alert = certificateAlert.exec(error.code ?? '');
      if (alert === null) reject(new TransportFailure(`${place}: ${error.message}`, { cause: error }));
      else resolve({ kind: 'refused', how: alert[0].replace('_ALERT_', '').replaceAll('_', ' ').toLowerCase() });
    });
    socket.once('end', () => {
      if (isProven) resolve({ kind: 'refused', how: 'it ended the connection' });
      else reject(new TransportFailure(`${place} ended the connection before its handshake`));
    });
  });
}
