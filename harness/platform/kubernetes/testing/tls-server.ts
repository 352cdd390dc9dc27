import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as x509 from '@peculiar/x509';
import { KubeConfig } from '@kubernetes/client-node';

x509.cryptoProvider.set(webcrypto);

export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate for this name that is its own authority, valid for an hour. */
export async function selfSigned(name: string): Promise<Credential> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${key.replaceAll(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`,
  };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly type?: string;
}

/** An HTTPS server on loopback that answers with what it is told, and opens a web socket for each upgrade. */
export class TlsServer {
  readonly asked: Asked[] = [];
  answer: (asked: Asked, response: ServerResponse) => Answer | undefined = () => ({ body: {} });
  connections = 0;
  readonly #server: ReturnType<typeof createServer>;
  readonly #upgraded: Duplex[] = [];

  private constructor({ certificate, key }: Credential) {
    this.#server = createServer({ cert: certificate, key, requestCert: true, rejectUnauthorized: false });
    this.#server.on('secureConnection', () => (this.connections += 1));
    this.#server.on('request', (request, response) => void this.#respond(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex) => this.#upgrade(request, socket));
  }

  static async listening(credential: Credential, address: string, port = 0): Promise<TlsServer> {
    const server = new TlsServer(credential);
    server.#server.listen(port, address);
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    await once(this.#server, 'close');
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const asked = { method, path, headers, body: await text(request) };
    this.asked.push(asked);
    const answer = this.answer(asked, response);
    if (answer === undefined) return;
    const { status = 200, body = {}, type = 'application/json' } = answer;
    response.writeHead(status, { 'content-type': type });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  /** RFC 6455; prints the marker that the command of an exec is to print at its end. */
  #upgrade({ method = '', url: path = '', headers }: IncomingMessage, socket: Duplex): void {
    this.asked.push({ method, path, headers, body: '' });
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n`,
    );
    const output = Buffer.from(`\u0001printed\n${/end-[0-9a-f]+/.exec(path)?.[0] ?? ''}\n`);
    socket.write(Buffer.concat([Buffer.from([0x82, output.length]), output]));
    socket.on('error', () => undefined);
    this.#upgraded.push(socket);
  }
}

/** A kubeconfig for a server, with a client certificate of its own. */
export function configFor(server: string, { certificate, key }: Credential): KubeConfig {
  const config = new KubeConfig();
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  config.loadFromClusterAndUser(
    { name: 'test', server, caData: base64(certificate), skipTLSVerify: false },
    { name: 'admin', certData: base64(certificate), keyData: base64(key) },
  );
  return config;
}
