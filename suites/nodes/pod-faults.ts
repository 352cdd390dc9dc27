import type { V1Pod } from '@kubernetes/client-node';

/**
 * Why a pod is not as it should be, in words; undefined when it runs with all its containers ready, or has completed. The phase
 * `Running` is not enough: it stays while a container is not ready or starts again and again (Kubernetes: pod lifecycle).
 */
export function podFault({ metadata, spec, status }: V1Pod, { now, deletedMs }: { now: Date; deletedMs: number }): string | undefined {
  const deletedAt = metadata?.deletionTimestamp;
  if (deletedAt !== undefined) {
    const forMs = now.getTime() - new Date(deletedAt).getTime();
    return forMs > deletedMs ? `deleted ${Math.round(forMs / 1000)} s ago` : undefined;
  }
  if (status?.phase === 'Succeeded') return undefined;
  const statuses = status?.containerStatuses ?? [];
  const waiting = statuses.flatMap(({ state }) => state?.waiting?.reason ?? []);
  if (status?.phase !== 'Running') return [status?.phase ?? 'no phase', ...waiting].join(', ');
  const containers = (spec?.containers ?? []).map(({ name }) => name);
  const unready = containers.filter((name) => statuses.find((each) => each.name === name)?.ready !== true);
  return unready.length === 0 ? undefined : [`Running, not ready: ${unready.join(', ')}`, ...waiting].join(', ');
}

/** The number of restarts of each container, by `namespace/pod/container uid`: a pod that was made anew counts from its own beginning. */
export function restartsOf(pods: readonly V1Pod[]): Map<string, number> {
  return new Map(
    pods.flatMap(({ metadata, status }) =>
      (status?.containerStatuses ?? []).map(({ name, restartCount }): [string, number] => [
        `${metadata?.namespace}/${metadata?.name}/${name} ${metadata?.uid}`,
        restartCount,
      ]),
    ),
  );
}

/** The containers that have more restarts than before, without their uid. */
export function risen(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  return [...after].flatMap(([key, count]) => {
    const earlier = before.get(key);
    return earlier !== undefined && count > earlier ? [key.split(' ')[0] ?? key] : [];
  });
}
