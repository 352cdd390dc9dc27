/**
 * The servers that containerd asks for a registry, in its order (containerd: registry hosts.toml): each a table `[host."URL"]`.
 * `server` alone is the registry's own address, which is asked last, and is none of them.
 */
export function mirrorEndpoints(toml: string): string[] {
  return [...toml.matchAll(/^\s*\[host\.\s*(?:"([^"]+)"|'([^']+)')\]\s*$/gm)].map(([, double, single]) => double ?? single ?? '');
}
