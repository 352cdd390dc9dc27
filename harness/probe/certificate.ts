import { once } from 'node:events';
import { type ConnectionOptions, type TLSSocket, checkServerIdentity, connect } from 'node:tls';

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
  /** Subject alternative names as the certificate has them, for example `DNS:w01`. */
  readonly names: readonly string[];
}

export interface NamedServer {
  readonly address: string;
  readonly port: number;
  readonly name: string;
  /** PEM of the only authority that is trusted; those of this machine when left out. */
  readonly authority?: string;
}

/** A handshake by name (RFC 6066, server name) at an address, with the authorities of this machine; throws when there is no TLS server. */
export async function namedHandshake({ address, port, name, authority }: NamedServer, signal: AbortSignal): Promise<NamedHandshake> {
  const ca = authority === undefined ? {} : { ca: authority };
  return afterHandshake({ host: address, port, servername: name, ...ca }, signal, (socket) => {
    const certificate = socket.getPeerCertificate();
    const wrongName = checkServerIdentity(name, certificate);
    return {
      isTrusted: socket.authorized && wrongName === undefined,
      reason: wrongName?.message ?? String(socket.authorizationError ?? ''),
      serialNumber: certificate.serialNumber,
      subject: String(certificate.subject.CN),
      names: namesOf(certificate),
    };
  });
}

/** A server's certificate with all that makes a client take it or leave it. */
export interface ShownCertificate {
  /** Subject alternative names as the certificate has them. */
  readonly names: readonly string[];
  /** Common name of the issuer. */
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Why the chain does not lead to the authority, or does not today (OpenSSL's word); undefined when it does. */
  readonly distrust: string | undefined;
  /** Whether a client that asks for this host name or address would accept it (RFC 6125). */
  isFor(host: string): boolean;
}

/** The certificate at an address, held to one authority (PEM) and to no name: the names are for the caller to ask. Throws when there is no TLS server. */
export async function shownCertificate(
  { address, port, authority }: Omit<NamedServer, 'name'>,
  signal: AbortSignal,
): Promise<ShownCertificate> {
  const ca = authority === undefined ? {} : { ca: authority };
  return afterHandshake({ host: address, port, ...ca, checkServerIdentity: () => undefined }, signal, (socket) => {
    const certificate = socket.getPeerCertificate();
    const reason: unknown = socket.authorizationError;
    return {
      names: namesOf(certificate),
      issuer: String(certificate.issuer.CN),
      validFrom: new Date(certificate.valid_from),
      validTo: new Date(certificate.valid_to),
      distrust: socket.authorized ? undefined : String(reason),
      isFor: (host: string) => checkServerIdentity(host, certificate) === undefined,
    };
  });
}

/** A handshake by name, or the reason why nobody at the address shook hands. */
export type HandshakeAttempt = NamedHandshake | { readonly refused: string };

/** Nobody answers there, or nobody listens (connect(2)). */
const noConnection = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'];

/** The same, where it is the promise that somebody answers; throws for any other failure. */
export async function attemptHandshake(server: NamedServer, signal: AbortSignal): Promise<HandshakeAttempt> {
  try {
    return await namedHandshake(server, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && noConnection.includes(String(error.code))) return { refused: error.message };
    throw error;
  }
}

function namesOf({ subjectaltname = '' }: { readonly subjectaltname?: string | undefined }): string[] {
  return subjectaltname.split(', ').filter((each) => each !== '');
}

/** The certificate that a TLS server presents to the runner, whoever signed it; throws when there is no TLS server. */
export async function servingCertificate(host: string, port: number, signal: AbortSignal): Promise<ServingCertificate> {
  return afterHandshake({ host, port }, signal, (socket) => {
    const certificate = socket.getPeerCertificate();
    return {
      names: namesOf(certificate),
      isFor: (hostname: string) => checkServerIdentity(hostname, certificate) === undefined,
    };
  });
}

/** Shakes hands, whoever signed the certificate, and reads the connection before it ends; throws when there is no TLS server. */
async function afterHandshake<T>(
  options: Pick<ConnectionOptions, 'host' | 'port' | 'servername' | 'ca' | 'checkServerIdentity'>,
  signal: AbortSignal,
  read: (socket: TLSSocket) => T,
): Promise<T> {
  const socket = connect({ ...options, rejectUnauthorized: false, timeout: handshakeTimeoutMs });
  const text = `no TLS handshake with ${options.host}:${options.port} within ${handshakeTimeoutMs / 1000} s`;
  socket.once('timeout', () => socket.destroy(Object.assign(new Error(text), { code: 'ETIMEDOUT' })));
  try {
    await once(socket, 'secureConnect', { signal });
    return read(socket);
  } finally {
    socket.destroy();
  }
}
