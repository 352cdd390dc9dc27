import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Destination, Source } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { workerNames } from '../../fixtures/echo-group.ts';
import { type MatrixTargetIs, either, fromHosts, fromKind, toKind } from '../../fixtures/matrix-parts.ts';

/** A target of the platform and one who is answered by it. */
export interface AnsweringTarget {
  readonly to: Destination;
  readonly by: Source;
}

/**
 * Those who prove that the platform's ports answer: the platform's own pods, and nodes, which no policy keeps from the pods that
 * they run (Calico: host endpoints).
 */
export function insiders(matrix: ConnectionMatrix, nodes: readonly { readonly name: string }[]): readonly Source[] {
  return [
    ...matrix.sources(fromKind('platform'), { atLeast: 1 }),
    ...matrix.sources(fromHosts(...nodes.map(({ name }) => name)), nodes.length),
  ];
}

/** Those of the targets that answer one of the sources: one that answers nobody denies nothing. */
export function answering(matrix: ConnectionMatrix, targets: readonly Destination[], sources: readonly Source[]): AnsweringTarget[] {
  return targets.flatMap((to) => {
    const [by] = matrix.answered(to, sources);
    return by === undefined ? [] : [{ to, by }];
  });
}

/** Who answers for a target of `answering`. */
export function answererIn(found: readonly AnsweringTarget[]): (target: Destination) => readonly Source[] {
  return (target) => found.filter(({ to }) => to === target).map(({ by }) => by);
}

/**
 * The platform's ports that answer: of its living pods and Services every declared port, one that nobody listens on, and the echo
 * pods beside them. The control says that there are some in every namespace of the platform and on every worker.
 */
export function openPlatform({ cluster, control }: Pick<CheckContext, 'cluster' | 'control'>, matrix: ConnectionMatrix): AnsweringTarget[] {
  const { nodes, platformNamespaces } = cluster.documented;
  const sources = insiders(matrix, nodes);
  const targetsLike = (is: (target: MatrixTargetIs) => boolean): AnsweringTarget[] =>
    answering(matrix, matrix.targets(is, { atLeast: 0 }), sources);
  const found = targetsLike(ofPlatform);
  const lacking = [
    ...platformNamespaces.filter((name) => targetsLike(livingOf(name)).length === 0),
    ...workerNames(cluster).filter((name) => targetsLike(onNode(name)).length === 0),
  ];
  control({
    subject: 'namespaces of the platform, and workers, without a port of the platform that answers its own pods or nodes',
    vantage: 'platform and nodes',
    expected: 'none',
    saw: lacking.join(', ') || `none; ${found.length} ports answer`,
    held: lacking.length === 0,
  });
  return found;
}

const ofPlatform = either(
  toKind('platform-service'),
  toKind('platform-pod'),
  toKind('pod', ({ of }) => of === 'platform'),
  toKind('service', ({ of }) => of === 'platform'),
);

function livingOf(namespace: string): (target: MatrixTargetIs) => boolean {
  return either(
    toKind('platform-service', (target) => target.namespace === namespace),
    toKind('platform-pod', (target) => target.namespace === namespace),
  );
}

function onNode(node: string): (target: MatrixTargetIs) => boolean {
  return either(
    toKind('platform-pod', (target) => target.node === node),
    toKind('pod', (target) => target.of === 'platform' && target.node === node),
  );
}
