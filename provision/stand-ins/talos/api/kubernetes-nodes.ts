import { request } from 'node:https';
import { administrator } from '../node/credentials.ts';
import type { Machine } from '../node/machine.ts';

/** What the API server said to the question for its nodes. */
interface NodesAnswer {
  readonly status: number;
  readonly text: string;
}

interface KubernetesNode {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/**
 * The reason why the nodes of Kubernetes are not all so, or nothing. Fewer nodes than the cluster has are none that are so
 * (Talos v1.11: pkg/cluster/check, K8sAllNodesReportedAssertion). Throws for an answer that is no list.
 */
export function whyNotAll(
  { status, text }: NodesAnswer,
  { what, expected }: { readonly what: 'ready' | 'schedulable'; readonly expected: number },
): string | undefined {
  if (status !== 200) throw new Error(`the Kubernetes API answered ${status}`);
  const { items } = JSON.parse(text) as { items?: readonly KubernetesNode[] };
  if (items === undefined) throw new Error('the Kubernetes API answered with no list of nodes');
  if (items.length < expected) return `only ${items.length} of ${expected} nodes`;
  const isWell = ({ spec, status: { conditions = [] } = {} }: KubernetesNode): boolean =>
    what === 'schedulable' ? spec?.unschedulable !== true : conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  const others = items.filter((node) => !isWell(node)).map(({ metadata }) => metadata.name);
  return others.length === 0 ? undefined : `nodes ${others.join(', ')} are not ${what}`;
}

const apiDeadlineMs = 10_000;

/** Asks the node's own API server for its nodes, as the administrator. Throws where it does not answer. */
export async function askForNodes({ configuration }: Machine): Promise<NodesAnswer> {
  const { ca, certificate, key } = await administrator(configuration);
  return new Promise((resolve, reject) => {
    const asked = request('https://127.0.0.1:6443/api/v1/nodes', { ca, cert: certificate, key, timeout: apiDeadlineMs }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
    });
    asked.once('timeout', () => asked.destroy(new Error('the Kubernetes API did not answer')));
    asked.once('error', reject);
    asked.end();
  });
}
