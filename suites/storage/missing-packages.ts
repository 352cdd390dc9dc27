/** Needed by encrypted volumes alone, which the guide does not have. */
const forEncryption = ['cryptsetup', 'dmsetup'];

/** The packages that a node's condition RequiredPackages calls missing (longhorn-manager v1.10, environment_check_monitor.go). */
export function missingPackages(message: string): string[] {
  const names = /Missing packages: \[([^\]]*)\]/.exec(message)?.[1] ?? '';
  return names.split(' ').filter((name) => name !== '' && !forEncryption.includes(name));
}
