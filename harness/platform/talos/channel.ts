import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type CallOptions, Client, type Metadata, type MethodDefinition, credentials } from '@grpc/grpc-js';

/** Talos's API port (guide: Port Reference). */
export const apiPort = 50_000;

/** Talos allows messages of this size (machinery: constants.GRPCMaxMessageSize). */
const maxMessageBytes = 32 * 1024 * 1024;

/** A call as gRPC takes it. */
export interface Call {
  readonly method: MethodDefinition<object, object>;
  readonly request: object;
  readonly metadata: Metadata;
  readonly options: CallOptions;
}

/** Mutual TLS of a caller, PEM; without a certificate it is nobody. */
export interface TlsMaterial {
  readonly ca: Buffer | null;
  readonly key: Buffer | null;
  readonly certificate: Buffer | null;
}

/** One endpoint's connection (HOST, or HOST:PORT). gRPC opens it at the first call. */
export function openChannel(endpoint: string, { ca, key, certificate }: TlsMaterial): Client {
  const { host, port } = placeOf(endpoint);
  // TLS has server names, not addresses: the name sent for an address is any, and the certificate is still held to the address.
  const byAddress = isIP(host) !== 0;
  const verify = byAddress
    ? { checkServerIdentity: (_: string, peer: Parameters<typeof checkServerIdentity>[1]) => checkServerIdentity(host, peer) }
    : {};
  return new Client(`${host.includes(':') ? `[${host}]` : host}:${port}`, credentials.createSsl(ca, key, certificate, verify), {
    'grpc.max_receive_message_length': maxMessageBytes,
    // A node that comes back from a reboot is found again within seconds.
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 2000,
    // Every client has connections of its own: two credentials must never share one.
    'grpc.use_local_subchannel_pool': 1,
    ...(byAddress ? { 'grpc.ssl_target_name_override': 'apid' } : {}),
  });
}

function placeOf(endpoint: string): { host: string; port: number } {
  if (isIP(endpoint) !== 0) return { host: endpoint, port: apiPort };
  const found = /^(?:\[(?<v6>.*)\]|(?<name>[^:]+))(?::(?<port>\d+))?$/.exec(endpoint)?.groups;
  return { host: found?.['v6'] ?? found?.['name'] ?? endpoint, port: Number(found?.['port'] ?? apiPort) };
}
