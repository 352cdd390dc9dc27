import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { chainsOf } from '../firewall/chains.ts';
import { firewallOf } from '../firewall/documents.ts';
import { ruleset } from '../firewall/ruleset.ts';
import type { Configuration } from './configuration.ts';
import { faultIsOn } from './faults.ts';
import type { Places } from './places.ts';
import { run, runWithInput } from './run.ts';

/** What an active configuration does to the node. */
export interface Effects {
  /** Makes the node as the configuration says. A part that fails is told in the log; the others are done. */
  apply(configuration: Configuration): Promise<void>;
  /** Only the firewall: its chains name the node's own addresses. */
  applyFirewall(configuration: Configuration): Promise<void>;
}

/** The effects on a real node. */
export function nodeEffects(places: Places): Effects {
  return {
    async apply(configuration) {
      const parts: [string, () => Promise<void>][] = [
        ['firewall', () => applyFirewall(configuration, places)],
        ['hostname', () => applyHostname(configuration, places)],
        ['host entries', () => applyHostEntries(configuration, places)],
        ['sysctls', () => applySysctls(configuration)],
      ];
      for (const [name, apply] of parts) await apply().catch((error: unknown) => log(`${name}: ${String(error)}`));
    },
    applyFirewall: (configuration) => applyFirewall(configuration, places),
  };
}

async function applyFirewall({ documents, main }: Configuration, places: Places): Promise<void> {
  const idle = await faultIsOn(places.faults, 'talos-firewall-idle');
  const chains = idle ? [] : chainsOf(firewallOf(documents), ownAddresses([...(main.cluster?.network?.podSubnets ?? [])]));
  await runWithInput('nft', ['-f', '-'], ruleset(chains));
}

/** The node's addresses as single-address subnets, without those of the pod network (Talos: NodeAddress routed-no-k8s). */
export function ownAddresses(podSubnets: readonly string[]): string[] {
  const pods = podSubnets.map((subnet) => subnet.split('.').slice(0, 2).join('.'));
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, internal, family }) => !internal && family === 'IPv4' && !pods.some((pod) => address.startsWith(`${pod}.`)))
    .map(({ address }) => `${address}/32`)
    .toSorted();
}

async function applyHostname({ main }: Configuration, { etc }: Places): Promise<void> {
  const hostname = main.machine?.network?.hostname;
  if (hostname === undefined) return;
  await run('hostname', [hostname]);
  await writeFile(join(etc, 'hostname'), `${hostname}\n`);
}

/** Talos writes the loopback names and the node's own before the configured entries. */
async function applyHostEntries({ main }: Configuration, { etc }: Places): Promise<void> {
  const { hostname, interfaces = [], extraHostEntries = [] } = main.machine?.network ?? {};
  const [own] = interfaces.flatMap(({ addresses = [] }) => addresses);
  const entries = [
    ['127.0.0.1', 'localhost'],
    ...(own === undefined || hostname === undefined ? [] : [[own.split('/')[0] ?? '', hostname]]),
    ['::1', 'localhost', 'ip6-localhost', 'ip6-loopback'],
    ['ff02::1', 'ip6-allnodes'],
    ['ff02::2', 'ip6-allrouters'],
    ...extraHostEntries.map(({ ip, aliases = [] }) => [ip, ...aliases]),
  ];
  // In place: the folder's entry may be a mount of its own in pods.
  await writeFile(join(etc, 'hosts'), entries.map((entry) => `${entry.join(' ')}\n`).join(''));
}

async function applySysctls({ main }: Configuration): Promise<void> {
  for (const [key, value] of Object.entries(main.machine?.sysctls ?? {})) await applySysctl(key, value);
}

/**
 * Settings of the network belong to the node. Any other belongs to the whole machine that the lab runs on: on the node it is
 * covered by a file of its own that has the wanted value.
 */
async function applySysctl(key: string, value: string): Promise<void> {
  const path = sysctlPath(key);
  if (!existsSync(path) || (await readFile(path, 'utf8')).trim() === value) return;
  if (key.startsWith('net.')) {
    await writeFile(path, value);
    return;
  }
  await mkdir('/run/sysctl', { recursive: true });
  const own = join('/run/sysctl', key);
  const covered = existsSync(own);
  await writeFile(own, `${value}\n`);
  if (!covered) await run('mount', ['--bind', own, path]);
}

export function sysctlPath(key: string): string {
  return `/proc/sys/${key.replaceAll('.', '/')}`;
}

function log(text: string): void {
  process.stdout.write(`apid: ${text}\n`);
}
