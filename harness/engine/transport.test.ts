import { createServer } from 'node:net';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { request } from 'undici';
import { TransportFailure, type TransportRetry, isTransportFailure, isUnsentFailure, overTransport } from './transport.ts';

const failing = (code: unknown, more: object = {}): Error => Object.assign(new Error(String(code)), { code }, more);
const headers = (map: object): object => ({ getMap: () => map });

describe('a transport failure', () => {
  it.each([
    ['a connection that was refused', failing('ECONNREFUSED'), true, true],
    ['a name that was not resolved', failing('ENOTFOUND'), true, true],
    ['a connection that was not made in time', failing('UND_ERR_CONNECT_TIMEOUT'), true, true],
    ['a connection attempt that the kernel gave up', failing('ETIMEDOUT', { syscall: 'connect' }), true, true],
    [
      'a TLS handshake that was cut',
      failing('ECONNRESET', { message: 'Client network socket disconnected before secure TLS connection was established' }),
      true,
      true,
    ],
    ['a connection that was reset', failing('ECONNRESET'), true, false],
    ['a read that timed out', failing('ETIMEDOUT', { syscall: 'read' }), true, false],
    ['a session that the peer ended (GOAWAY)', failing('ERR_HTTP2_GOAWAY_SESSION'), true, false],
    ['a shell that was cut off', new TransportFailure('cut off'), true, false],
    ['the cause of another error', new Error('no answer', { cause: failing('ECONNREFUSED') }), true, true],
    ['within the event of a web socket', new Error('exec', { cause: { message: '', error: failing('ECONNREFUSED') } }), true, true],
    ['one of several addresses', new AggregateError([failing('ECONNREFUSED')]), true, true],
    ['UNAVAILABLE of the gRPC channel', failing(14, { metadata: headers({}) }), true, false],
    ['no UNAVAILABLE that the peer sent', failing(14, { metadata: headers({ 'content-type': 'application/grpc' }) }), false, false],
    ['no other status of gRPC', failing(5), false, false],
    ['no answer of HTTP', failing(503), false, false],
    ['no certificate that is refused', failing('ERR_TLS_CERT_ALTNAME_INVALID'), false, false],
    ['no file that is not there', failing('ENOENT'), false, false],
    ['no end of a deadline', new DOMException('late', 'TimeoutError'), false, false],
    ['not undefined', undefined, false, false],
  ])('is %s', (_, error, isTransport, isUnsent) => {
    expect([isTransportFailure(error), isUnsentFailure(error)]).toEqual([isTransport, isUnsent]);
  });

  it('is seen in a cause that leads back to itself', () => {
    const error = failing('EPIPE');
    error.cause = error;
    expect(isTransportFailure(error)).toBe(true);
  });

  it('is told of anything that can be thrown', () => {
    fc.assert(fc.property(fc.anything(), (thrown) => typeof isTransportFailure(thrown) === 'boolean'));
  });

  it('is what a server that ends a connection leaves', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const error: unknown = await request(`http://127.0.0.1:${port}/`).catch((thrown: unknown) => thrown);
    server.close();
    expect([isTransportFailure(error), isUnsentFailure(error)]).toEqual([true, false]);
    const refused: unknown = await request(`http://127.0.0.1:${port}/`).catch((thrown: unknown) => thrown);
    expect([isTransportFailure(refused), isUnsentFailure(refused)]).toEqual([true, true]);
  });
});

describe('over transport', () => {
  it('repeats what a connection failed, and counts it', async () => {
    const retries: TransportRetry[] = [];
    const answer = await overTransport(
      'ask',
      async (attempt) => {
        if (attempt < 3) throw failing('ECONNRESET');
        return attempt;
      },
      { retries: 2, onRetry: (retry) => void retries.push(retry) },
    );
    expect([answer, retries]).toEqual([
      3,
      [
        { what: 'ask', attempt: 1, reason: 'ECONNRESET' },
        { what: 'ask', attempt: 2, reason: 'ECONNRESET' },
      ],
    ]);
  });

  it.each([
    ['the last failure, as it is, when retries are used up', 'ECONNRESET', 2],
    ['an answer of the peer at once', 503, 1],
  ])('throws %s', async (_, code, attempts) => {
    let made = 0;
    const error = failing(code);
    const asked = overTransport(
      'ask',
      async () => {
        made += 1;
        throw error;
      },
      { retries: 1 },
    );
    await expect(asked).rejects.toBe(error);
    expect(made).toBe(attempts);
  });

  it('ends with the signal', async () => {
    const controller = new AbortController();
    const asked = overTransport('ask', async () => Promise.reject(failing('ECONNRESET')), {
      retries: 1000,
      everyMs: 5,
      signal: controller.signal,
      onRetry: () => controller.abort(new Error('stopped')),
    });
    await expect(asked).rejects.toThrow('stopped');
  });
});
