import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceError,
  type handleServerStreamingCall,
  type handleUnaryCall,
  status,
} from '@grpc/grpc-js';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TransportRetry } from '../../engine/transport.ts';
import { type Credential, selfSigned } from '../kubernetes/testing/tls-server.ts';
import { type Talos, connectTalos } from './client.ts';
import { machineService } from './definitions.ts';
import { Secret } from './secret.ts';

let credential: Credential;
beforeAll(async () => {
  credential = await selfSigned('localhost');
});

let servers: Server[];
let asked: string[];
let retries: TransportRetry[];
let talos: Talos | undefined;
beforeEach(() => {
  servers = [];
  asked = [];
  retries = [];
});
afterEach(() => {
  talos?.close();
  for (const server of servers) server.forceShutdown();
});

type Refusal = Pick<ServiceError, 'code' | 'details'>;

/** An endpoint on loopback that answers with its name, or refuses; its stream breaks off after one message when it refuses. */
async function endpoint(name: string, refusal?: Refusal & { readonly afterMessages?: number }): Promise<string> {
  const server = new Server();
  const failure = { ...refusal, metadata: new Metadata() };
  const version: handleUnaryCall<object, object> = (_, answer) => {
    asked.push(name);
    if (refusal === undefined) answer(null, { messages: [{ version: { tag: name } }] });
    else answer(failure);
  };
  const dmesg: handleServerStreamingCall<object, object> = (call: ServerWritableStream<object, object>) => {
    asked.push(name);
    for (let index = 0; index < (refusal?.afterMessages ?? 1); index += 1) call.write({ bytes: Buffer.from(name) });
    if (refusal === undefined) call.end();
    else call.emit('error', failure);
  };
  server.addService(machineService, { Version: version, Dmesg: dmesg });
  const credentials = ServerCredentials.createSsl(null, [
    { cert_chain: Buffer.from(credential.certificate), private_key: Buffer.from(credential.key) },
  ]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  servers.push(server);
  return `localhost:${port}`;
}

/** An endpoint where nobody listens. */
async function dead(): Promise<string> {
  const address = await endpoint('dead');
  servers.pop()?.forceShutdown();
  return address;
}

function connect(endpoints: readonly string[]): Talos {
  const { certificate, key } = credential;
  talos = connectTalos(
    { name: 'test', endpoints, nodes: [], ca: certificate, certificate, key: new Secret(key) },
    { timeoutMs: 3_000, onRetry: (retry) => void retries.push(retry) },
  );
  return talos;
}

async function text(talosOf: Talos): Promise<string> {
  return Buffer.concat(await Array.fromAsync(talosOf.node().dmesg())).toString();
}

describe('a call of the Talos API', () => {
  it('goes to the next endpoint when one cannot be reached, and counts that', async () => {
    const node = connect([await dead(), await endpoint('second')]).node();
    expect([await node.version(), asked, retries]).toMatchObject([
      { version: { tag: 'second' } },
      ['second'],
      [{ what: 'Version', attempt: 1 }],
    ]);
  });

  it('that streams does so too', async () => {
    expect([await text(connect([await dead(), await endpoint('second')])), retries.length]).toEqual(['second', 1]);
  });

  it.each([
    ['refuses', status.PERMISSION_DENIED, 'permission-denied'],
    ['says that the node behind it cannot be reached', status.UNAVAILABLE, 'unreachable'],
  ])('is not asked again when an endpoint %s', async (_, code, kind) => {
    const node = connect([await endpoint('first', { code, details: 'no' }), await endpoint('second')]).node();
    await expect(node.version()).rejects.toMatchObject({ name: 'TalosError', kind });
    expect([asked, retries]).toEqual([['first'], []]);
  });

  it('does not stream its messages twice', async () => {
    const breaksOff = { code: status.UNAVAILABLE, details: 'broken off', afterMessages: 2 };
    const broken = text(connect([await endpoint('first', breaksOff), await endpoint('second')]));
    await expect(broken).rejects.toMatchObject({ kind: 'unreachable' });
    expect(asked).toEqual(['first']);
  });

  it('fails as unreachable when no endpoint can be reached', async () => {
    const node = connect([await dead(), await dead()]).node();
    await expect(node.version()).rejects.toMatchObject({ name: 'TalosError', kind: 'unreachable' });
    expect(retries).toHaveLength(1);
  });
});
