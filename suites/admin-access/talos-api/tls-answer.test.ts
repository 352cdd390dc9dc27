import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { TransportFailure } from '../../../harness/engine/transport.ts';
import { type ForeignCredential, foreignCredential } from '../foreign-credential.ts';
import { ownCredential } from './testing/own-credential.ts';
import { tlsAnswer } from './tls-answer.ts';

const { signal } = new AbortController();
const authority = await ownCredential();
const stranger = await foreignCredential({ commonName: 'admin', organization: 'os:admin' });
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** An API that takes certificates of one authority alone, or any. */
function api({ rejectUnauthorized }: { rejectUnauthorized: boolean }): Promise<number> {
  const { certificate: cert, key } = authority;
  return listening(createSecureServer({ cert, key, ca: cert, requestCert: true, rejectUnauthorized }));
}

const shown = async (port: number, caller: Partial<ForeignCredential>, address = 'localhost') =>
  tlsAnswer({ address, port, ca: authority.certificate, ...caller }, signal);

describe('the answer of a TLS server', () => {
  it('admits a caller of its own authority', async () => {
    expect(await shown(await api({ rejectUnauthorized: true }), authority)).toEqual({ kind: 'admitted' });
  });

  it.each([
    ['nobody', {}],
    ['a caller of another authority', stranger],
  ])('refuses %s', async (_, caller) => {
    expect((await shown(await api({ rejectUnauthorized: true }), caller)).kind).toBe('refused');
  });

  it('admits anybody where it takes any certificate', async () => {
    expect(await shown(await api({ rejectUnauthorized: false }), stranger)).toEqual({ kind: 'admitted' });
  });
});

describe('no answer is no refusal', () => {
  it('of a connection that is reset', async () => {
    const port = await listening(createServer((socket) => socket.resetAndDestroy()));
    await expect(shown(port, {})).rejects.toThrow(TransportFailure);
  });

  it('of a connection that ends before a handshake', async () => {
    const port = await listening(createServer((socket) => socket.end()));
    await expect(shown(port, {})).rejects.toThrow(TransportFailure);
  });

  it('of a port where nobody listens', async () => {
    const port = await listening(createServer());
    servers.splice(0)[0]?.close();
    await expect(shown(port, {})).rejects.toThrow(TransportFailure);
  });

  it('of a server that another authority signed', async () => {
    const port = await api({ rejectUnauthorized: true });
    await expect(tlsAnswer({ address: 'localhost', port, ca: stranger.certificate }, signal)).rejects.toThrow(TransportFailure);
  });
});
