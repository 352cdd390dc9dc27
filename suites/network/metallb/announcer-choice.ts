import { createHash } from 'node:crypto';
import type { V1Node } from '@kubernetes/client-node';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';

/** A node with this label announces nothing (MetalLB v0.14, speaker; Talos sets it on control planes). */
const excluded = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** The nodes that may announce addresses. */
export function mayAnnounce(nodes: readonly V1Node[]): string[] {
  return nodes
    .filter((node) => isReady(node) && !Object.hasOwn(node.metadata?.labels ?? {}, excluded))
    .map(({ metadata }) => metadata?.name ?? '');
}

/**
 * The node that announces an address of a Service with externalTrafficPolicy Cluster: the first by the hash of its name and the
 * address (MetalLB v0.14, speaker/layer2_controller.go). The check verifies it by the node that MetalLB names.
 */
export function announcerOf(address: string, nodes: readonly string[]): string | undefined {
  const hash = (node: string): string => createHash('sha256').update(`${node}#${address}`).digest('hex');
  return nodes.toSorted((one, other) => hash(one).localeCompare(hash(other), 'en'))[0];
}

/** An address for each node that announces it, of those that are free; none for a node that none of them leads to. */
export function addressForEach(nodes: readonly string[], free: readonly string[]): { readonly node: string; readonly address: string }[] {
  return nodes.flatMap((node) => {
    const address = free.find((each) => announcerOf(each, nodes) === node);
    return address === undefined ? [] : [{ node, address }];
  });
}
