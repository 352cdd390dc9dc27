import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:https';

/** An object of the Kubernetes API, as far as the exporter reads it. */
export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly controller?: boolean }[];
  };
}

export interface Kubernetes {
  /** GET of a path; rejects unless the answer is 200. */
  readonly read: (path: string) => Promise<unknown>;
  /** Namespace of this pod. */
  readonly namespace: string;
}

/** Kubernetes did not answer as asked. */
export class KubernetesError extends Error {
  readonly status: number;

  constructor(path: string, status: number) {
    super(`GET ${path}: HTTP ${status}`);
    this.status = status;
  }
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const timeout = 10_000;

/** The cluster that this pod runs in, by its service account. */
export function kubernetesInCluster(environment: NodeJS.ProcessEnv): Kubernetes {
  const [host, port] = [environment['KUBERNETES_SERVICE_HOST'], environment['KUBERNETES_SERVICE_PORT']];
  if (host === undefined || port === undefined) throw new Error('this is no pod: KUBERNETES_SERVICE_HOST and _PORT are not set');
  const agent = new Agent({ ca: readFileSync(`${account}/ca.crt`), keepAlive: true, maxSockets: 4 });
  return {
    namespace: readFileSync(`${account}/namespace`, 'utf8').trim(),
    read: (path) =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${readFileSync(`${account}/token`, 'utf8').trim()}`, accept: 'application/json' };
        const request = get({ host, port, path, agent, headers, timeout }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            if (response.statusCode === 200) resolve(JSON.parse(Buffer.concat(chunks).toString()));
            else reject(new KubernetesError(path, response.statusCode ?? 0));
          });
        });
        request.on('timeout', () => request.destroy(new Error(`GET ${path}: no answer within ${timeout / 1000} s`)));
        request.on('error', reject);
      }),
  };
}

export async function list<Item extends KubernetesObject>({ read }: Kubernetes, path: string): Promise<readonly Item[]> {
  const { items } = (await read(path)) as { readonly items?: readonly Item[] };
  return items ?? [];
}
