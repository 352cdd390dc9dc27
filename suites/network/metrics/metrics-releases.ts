/**
 * The oldest Kubernetes 1.x that a release of metrics-server supports; there is no newest
 * (kubernetes-sigs/metrics-server, README, Compatibility Matrix).
 */
const oldestKubernetes: Readonly<Record<string, number>> = { '0.8': 31, '0.7': 27, '0.6': 25, '0.5': 8 };

/** Whether a release, `v0.7.2`, supports a Kubernetes, `v1.30.8`; what is no released version supports none. */
export function supports(release: string, kubernetes: string): boolean {
  const [, line = ''] = /^v(\d+\.\d+)\.\d+$/.exec(release) ?? [];
  const [, minor = ''] = /^v1\.(\d+)\.\d+/.exec(kubernetes) ?? [];
  const oldest = oldestKubernetes[line];
  return oldest !== undefined && minor !== '' && Number(minor) >= oldest;
}
