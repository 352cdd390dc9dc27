/**
 * The oldest Kubernetes 1.x that a release of metrics-server supports; there is no newest
 * (kubernetes-sigs/metrics-server, README, Compatibility Matrix).
 */
const oldestKubernetes: readonly (readonly [line: number, oldest: number])[] = [
  [5, 8],
  [6, 25],
  [7, 27],
  [8, 31],
];

/** Whether a release supports a Kubernetes; `unknown` where the release is newer than the matrix that is written here. */
export type Support = 'supported' | 'not supported' | 'unknown';

/**
 * For a release, `v0.7.2`, and a Kubernetes, `v1.30.8`. A name that is no version supports nothing. A newer line than the last one
 * that is known needs no older Kubernetes than that.
 */
export function supportOf(release: string, kubernetes: string): Support {
  const [, line] = /^v0\.(\d+)\.\d+$/.exec(release) ?? [];
  const [, minor] = /^v1\.(\d+)\.\d+/.exec(kubernetes) ?? [];
  if (line === undefined || minor === undefined) return 'not supported';
  const [newestLine, newestOldest] = oldestKubernetes.at(-1) ?? [0, 0];
  if (Number(line) > newestLine) return Number(minor) < newestOldest ? 'not supported' : 'unknown';
  const oldest = oldestKubernetes.find(([known]) => known === Number(line))?.[1];
  return oldest !== undefined && Number(minor) >= oldest ? 'supported' : 'not supported';
}

/** Whether a reference names one image for ever: by a released version or by a digest, never by `latest` or by nothing. */
export function isFixed(image: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(image) || /:v\d+\.\d+\.\d+$/.test(image);
}
