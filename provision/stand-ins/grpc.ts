/**
 * gRPC services over UNIX sockets whose methods are plain asynchronous functions.
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import {
  type Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServiceError,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { fromJSON, type ServiceDefinition } from '@grpc/proto-loader';
import protobuf from 'protobufjs';

/** A refusal with its gRPC status. Anything else that is thrown is answered INTERNAL. */
class Refusal extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

type Methods = Readonly<Record<string, (request: never) => Promise<object>>>;

const options = { keepCase: true, longs: Number, defaults: true, oneofs: false };

function definitions(proto: string): ReturnType<typeof fromJSON> {
  return fromJSON(protobuf.parse(proto, { keepCase: true }).root.toJSON(), options);
}

export interface Service {
  readonly proto: string;
  /** With its package, for example `csi.v1.Node`. */
  readonly name: string;
  readonly methods: Methods;
  /** Methods that take a stream of requests. */
  readonly incoming?: Readonly<Record<string, (requests: AsyncIterable<never>) => Promise<object>>>;
  /** Methods that answer with a stream. */
  readonly outgoing?: Readonly<Record<string, (request: never) => Promise<AsyncIterable<object>>>>;
}

/** Serves at `socket`; a socket that a life before has left is replaced. */
export async function serveAt(socket: string, services: readonly Service[]): Promise<Server> {
  const server = new Server();
  for (const service of services) server.addService(definitions(service.proto)[service.name] as ServiceDefinition, implementation(service));
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error)));
  });
  return server;
}

function implementation({ name: service, methods, incoming = {}, outgoing = {} }: Service): UntypedServiceImplementation {
  const refused = (method: string, error: unknown): Refusal => {
    process.stderr.write(`${service}/${method}: ${String(error)}\n`);
    return error instanceof Refusal ? error : new Refusal(status.INTERNAL, error instanceof Error ? error.message : String(error));
  };
  const answering = (method: string, result: Promise<object>, answer: sendUnaryData<object>): void => {
    result.then(
      (response) => answer(null, response),
      (error: unknown) => answer(refused(method, error)),
    );
  };
  const handlers = {
    ...mapped(methods, (name, method) => (call: ServerUnaryCall<never, object>, answer: sendUnaryData<object>) => {
      answering(name, method(call.request), answer);
    }),
    ...mapped(incoming, (name, method) => (call: ServerReadableStream<never, object>, answer: sendUnaryData<object>) => {
      answering(name, method(call as unknown as AsyncIterable<never>), answer);
    }),
    ...mapped(outgoing, (name, method) => (call: ServerWritableStream<never, object>) => {
      method(call.request)
        .then((responses) => writeAll(call, responses))
        .catch((error: unknown) => call.emit('error', refused(name, error)));
    }),
  };
  return handlers as unknown as UntypedServiceImplementation;
}

function mapped<T, U>(some: Readonly<Record<string, T>>, change: (name: string, value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(some).map(([name, value]) => [name, change(name, value)]));
}

async function writeAll(call: ServerWritableStream<never, object>, responses: AsyncIterable<object>): Promise<void> {
  for await (const response of responses) if (!call.write(response)) await once(call, 'drain');
  call.end();
}

/** Calls one method of the service at `socket`. Throws ServiceError. */
export function caller(
  socket: string,
  { proto, name }: Omit<Service, 'methods'>,
): (method: string, request: object, timeoutMs: number) => Promise<unknown> {
  const constructors = loadPackageDefinition(definitions(proto));
  const constructor = name.split('.').reduce<unknown>((folder, part) => (folder as Record<string, unknown>)[part], constructors);
  const client = new (constructor as new (address: string, credential: unknown) => Client & Record<string, Call>)(
    `unix://${socket}`,
    credentials.createInsecure(),
  );
  return (method, request, timeoutMs) =>
    new Promise((resolve, reject) => {
      const call = client[method] as Call;
      call.call(client, request, new Metadata({ waitForReady: true }), { deadline: Date.now() + timeoutMs }, (error, response) =>
        error === null ? resolve(response) : reject(error),
      );
    });
}

type Call = (
  request: object,
  metadata: Metadata,
  options: { deadline: number },
  answer: (error: ServiceError | null, response: unknown) => void,
) => void;
