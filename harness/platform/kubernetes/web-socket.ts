import type { KubeConfig } from '@kubernetes/client-node';
import type { PodPlace } from '../../engine/involved.ts';
import { TransportFailure } from '../../engine/transport.ts';

/** A web socket of the API that is open. */
interface Socket {
  onclose: unknown;
  onerror: unknown;
  close(): void;
}

/** Opens a web socket to a subresource of a pod. `isSafe`: its opening does nothing, and may be repeated. Throws when it is refused. */
export type OpenSocket = <T extends Socket>(
  subresource: 'exec' | 'portforward',
  place: PodPlace & { readonly isSafe: boolean },
  connect: (config: KubeConfig) => Promise<T>,
) => Promise<T>;

/** The kubelet of a busy node takes seconds to start a process. */
const connectDeadlineMs = 30_000;

/** Waits for a connection of the Kubernetes client, which rejects with the web socket's event where the API refuses it: that is no Error. */
export async function connected<T extends Socket>(what: string, connecting: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    void connecting.then(
      (socket) => socket.close(),
      () => undefined,
    );
    reject(new TransportFailure(`${what}: no connection within ${connectDeadlineMs / 1000} s`));
  }, connectDeadlineMs);
  try {
    return await Promise.race([connecting, late]);
  } catch (event) {
    if (event instanceof Error) throw event;
    const { message } = (event ?? {}) as { message?: unknown };
    throw new Error(`${what}: ${typeof message === 'string' ? message : 'the API refused the connection'}`, { cause: event });
  } finally {
    clearTimeout(timer);
  }
}
