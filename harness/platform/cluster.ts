import { execa } from 'execa';
import { type DocumentedCluster, documentedCluster } from '../../guide/cluster.ts';
import { patient } from '../engine/patience.ts';
import { endingWith } from '../engine/process-tree.ts';
import { type Target, probeAll } from '../probe/probe.ts';
import type { Place, Vantages } from '../probe/vantages.ts';
import type { ClusterDescriptor, Vantage } from './descriptor.ts';
import { type AccessOptions, type Kubernetes, connectKubernetes } from './kubernetes/kubernetes.ts';
import type { PodConnection } from './kubernetes/port-forward.ts';
import { ShellServers, longestServedScript } from './kubernetes/shell-servers.ts';
import { type OpenShell, Shells, shellBehind } from './kubernetes/shells.ts';

export type { Place } from '../probe/vantages.ts';

/** How a command ended. */
export interface CommandAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the suites see of a cluster. */
export interface Cluster extends Vantages {
  readonly descriptor: ClusterDescriptor;
  readonly documented: DocumentedCluster;
  readonly kubernetes: Kubernetes;
  /**
   * Runs a command as the guide's reader does: on the admin workstation, in the folder with its scripts and kubeconfig. Its exit code is
   * a value; by the signal it ends with all that it has started. Throws where the provider has no such place.
   */
  runAsReader(command: readonly string[], signal: AbortSignal, input?: string): Promise<CommandAnswer>;
  /** Switches a node; throws where the provider cannot. */
  power(node: string, to: 'on' | 'off'): { readonly run: readonly string[]; readonly undo: readonly string[] };
}

/** Connects to the API of a described cluster, so that the loss of its virtual IP does not end the run that looks for it. */
export function connectDescribed(
  { kubeconfig, profile }: Pick<ClusterDescriptor, 'kubeconfig' | 'profile'>,
  options: Pick<AccessOptions, 'onAccess' | 'onRetry'> = {},
): Kubernetes {
  const { vip, nodes } = documentedCluster(profile);
  const addresses = nodes.filter(({ role }) => role === 'control-plane').map(({ address }) => address);
  return connectKubernetes(kubeconfig, { ...options, fallbacks: { of: [vip.hostname, vip.address, ...addresses], addresses } });
}

/** Connects to the cluster that the descriptor describes. */
export function connectCluster(descriptor: ClusterDescriptor, options: Pick<AccessOptions, 'onAccess' | 'onRetry'> = {}): Cluster {
  const kubernetes = connectDescribed(descriptor, options);
  const vantage = (name: string): Vantage => {
    const found = descriptor.vantages.find((candidate) => candidate.name === name);
    if (found === undefined)
      throw new Error(`the cluster has no vantage ${name}; it has ${descriptor.vantages.map((each) => each.name).join(', ')}`);
    return found;
  };
  const runAt: Cluster['runAt'] = async (name, command, signal, input) => {
    const [program = '', ...args] = [...vantage(name).command, ...command];
    const stop = AbortSignal.any([signal, AbortSignal.timeout(patient(60_000))]);
    const running = execa(program, args, { cancelSignal: stop, ...(input === undefined ? {} : { input }) });
    return (await endingWith(stop, running)).stdout;
  };
  const runAsReader: Cluster['runAsReader'] = async (command, signal, input) => {
    const [program = '', ...args] = [...(descriptor.guideReader ?? []), ...command];
    if (descriptor.guideReader === undefined) throw new Error(`provider ${descriptor.provider} has no folder with the guide's scripts`);
    const stop = AbortSignal.any([signal, AbortSignal.timeout(patient(180_000))]);
    const running = execa(program, args, {
      cancelSignal: stop,
      reject: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
    const answer = await endingWith(stop, running);
    signal.throwIfAborted();
    // Ended from outside, by our own time limit for example: that is no answer of the command.
    if (answer.exitCode === undefined) throw new Error(`\`${command.join(' ')}\` did not end by itself: ${answer.shortMessage}`);
    return { code: answer.exitCode, stdout: answer.stdout, stderr: answer.stderr };
  };
  const power: Cluster['power'] = (node, to) => {
    const commands = vantage(node).power;
    if (commands === undefined) throw new Error(`provider ${descriptor.provider} cannot switch ${node}`);
    return to === 'off' ? { run: commands.off, undo: commands.on } : { run: commands.on, undo: commands.off };
  };
  const shells = new Shells();
  const servers = new ShellServers();
  const openAt = (place: Place): OpenShell => ('host' in place ? shellBehind(vantage(place.host).command) : kubernetes.shellIn(place));
  const served = (place: Place): (() => Promise<PodConnection>) | undefined => {
    if ('host' in place || place.shellPort === undefined) return undefined;
    const port = { namespace: place.namespace, pod: place.pod, port: place.shellPort };
    return async () => kubernetes.connect(port);
  };
  return {
    descriptor,
    documented: documentedCluster(descriptor.profile),
    kubernetes,
    vantage,
    runAt,
    runAsReader,
    power,
    prepare: async (place) => {
      const connect = served(place);
      await (connect === undefined ? shells.prepare(placeName(place), openAt(place)) : servers.prepare(placeName(place), connect));
    },
    // The official probe image has agnhost at its root; hosts have it where their provider says.
    probe: (place, targets, signal, seconds) =>
      probeAll(targets, {
        probe: 'host' in place ? descriptor.probe : '/agnhost',
        run: async (script) => {
          const connect = targets.some(hasSecret) || Buffer.byteLength(script) > longestServedScript ? undefined : served(place);
          return connect === undefined
            ? shells.run(placeName(place), openAt(place), { script, signal })
            : servers.run(placeName(place), connect, { script, signal });
        },
        signal,
        ...(seconds === undefined ? {} : { seconds }),
      }),
    placeText: (place) => ('host' in place ? `${place.host} ${vantage(place.host).address}` : `pod ${place.namespace}/${place.pod}`),
  };
}

/** A shell server writes every script to its log. */
function hasSecret(target: Target): boolean {
  return target.kind === 'http' && (target.headers ?? []).some((header) => /^authorization:/i.test(header));
}

function placeName(place: Place): string {
  return 'host' in place ? place.host : `${place.namespace}/${place.pod}`;
}
