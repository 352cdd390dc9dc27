import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { Refusal } from './refusal.ts';

const empty = { serialize: (): Buffer => Buffer.alloc(0), deserialize: (): object => ({}) };

/** trustd as a stranger sees it: TLS, and a refusal (Talos v1.11: trustd, basic token credentials). */
export function createTrustd(): Server {
  const server = new Server();
  const method = {
    path: '/securityapi.SecurityService/Certificate',
    requestStream: false,
    responseStream: false,
    requestSerialize: empty.serialize,
    requestDeserialize: empty.deserialize,
    responseSerialize: empty.serialize,
    responseDeserialize: empty.deserialize,
  };
  server.addService(
    { Certificate: method },
    { Certificate: (_: object, answer: (error: Error) => void) => answer(new Refusal(status.UNAUTHENTICATED, 'missing token')) },
  );
  return server;
}

/** The node's own certificate; callers need none. */
export function trustdCredentials({ certificate, key }: { certificate: Buffer; key: Buffer }): ServerCredentials {
  return ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: certificate }], false);
}
