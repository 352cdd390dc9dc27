/**
 * gRPC services over UNIX sockets whose methods are plain asynchronous functions.
 */
import { rm } from 'node:fs/promises';
import {
  type Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
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
}

/** Serves at `socket`; a socket that a life before has left is replaced. */
export async function serveAt(socket: string, services: readonly Service[]): Promise<Server> {
  const server = new Server();
  for (const { proto, name, methods } of services)
    server.addService(definitions(proto)[name] as ServiceDefinition, implementation(name, methods));
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error)));
  });
  return server;
}

function implementation(service: string, methods: Methods): UntypedServiceImplementation {
  const handlers = Object.entries(methods).map(([name, method]) => {
    const handler = (call: ServerUnaryCall<never, object>, answer: sendUnaryData<object>): void => {
      method(call.request).then(
        (response) => answer(null, response),
        (error: unknown) => {
          process.stderr.write(`${service}/${name}: ${String(error)}\n`);
          answer(error instanceof Refusal ? error : new Refusal(status.INTERNAL, error instanceof Error ? error.message : String(error)));
        },
      );
    };
    return [name, handler] as const;
  });
  return Object.fromEntries(handlers) as unknown as UntypedServiceImplementation;
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
