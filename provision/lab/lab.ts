import { existsSync } from 'node:fs';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type DocumentedCluster, type Profile, documentedCluster, profiles } from '../../guide/cluster.ts';
import { type ClusterDescriptor, clusterDescriptor } from '../../harness/platform/descriptor.ts';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import type { StepOutcome } from '../../harness/engine/run-record.ts';
import type { Work } from '../../harness/engine/work.ts';
import type { ClusterState, DownOptions, PartState, Phase, Provider, UpOptions } from '../provider.ts';
import { guideSteps } from '../steps/guide-steps.ts';
import type { CommandAnswer, Kubectl } from '../steps/command.ts';
import { Rollouts } from '../steps/rollouts.ts';
import { type StepContext, awaitReady, runSteps } from '../steps/run-steps.ts';
import { holderFile, isAlive, lockHolder, thisProcess } from './cache/lock.ts';
import { patchMachineConfig, runOnAdmin } from './admin.ts';
import { withLabLock } from './lab-lock.ts';
import { describeLab } from './describe.ts';
import { giveBackInstances, missingInstances, raiseInstances } from './inotify.ts';
import { ensureHostPackages, missingHostPackages } from './host-packages.ts';
import { type LabParts, machineBinds, powerOff, powerOn, prepareMachines, waitFor } from './machines.ts';
import { addLateStaticPods } from './node/disk.ts';
import { ensureParts } from './parts.ts';
import { stateFolder } from '../paths.ts';
import type { ClusterPki } from './pki/cluster-pki.ts';
import { type Site, findSite, runInSite, startSite, stopSite } from './site/site.ts';
import { withPatientProbes } from './patient-probes.ts';
import { upstreamManifest } from './upstream-manifests.ts';

/** Written before anything of a lab is made, and again when it stands: tells a half-built lab from a built one. */
const labFile = z.object({
  profile: z.enum(profiles),
  phase: z.enum(['building', 'built']),
  /** The process that a tied lab belongs to; a detached one has none. */
  tiedTo: holderFile.optional(),
});
type LabFile = z.infer<typeof labFile>;

/** The documented machines as Linux namespaces on this machine. */
export const lab: Provider = { up, down, state, names };

export function labFolder(name: string): string {
  return join(stateFolder(), 'labs', name);
}

async function up(options: UpOptions, phase: Phase): Promise<ClusterDescriptor> {
  await removeAbandoned(phase);
  return withLabLock(labFolder(options.name), `another \`conform\` is at work on lab ${options.name}`, async () => {
    if (options.life === 'tied') await requireFreeName(options.name);
    const existing = await running(options.name);
    if (existing !== undefined) {
      requireSame(options, existing);
      return existing;
    }
    if (existsSync(labFolder(options.name)))
      await phase(`Remove what is left of lab ${options.name}`, (work) => remove(options.name, work));
    const missing = await missingHostPackages();
    if (missing.length > 0)
      await phase(`Install ${missing.map(({ name, why }) => `${name}, needed to ${why}`).join('; ')}`, ensureHostPackages);
    const parts = await ensureParts(phase, options.with);
    const instances = await missingInstances();
    if (instances !== undefined)
      await phase(`Raise fs.inotify.max_user_instances from ${instances.has} to ${instances.needs}, until the last lab is down`, () =>
        raiseInstances(instances.needs),
      );
    return build(options, parts, phase);
  });
}

async function build(options: UpOptions, parts: LabParts, phase: Phase): Promise<ClusterDescriptor> {
  const cluster = documentedCluster(options.profile);
  const folder = labFolder(options.name);
  try {
    const { site, pki } = await phase(`Start ${cluster.nodes.length} machines`, (work) => startMachines(options, { cluster, parts }, work));
    const kubectl = kubectlOnAdmin(site);
    await phase('Kubernetes API', (work) => startControlPlanes({ cluster, folder, kubectl }, work));
    const steps = guideSteps(options.profile, options.with);
    // Disposed: a kubectl that still waits must not keep this process alive when the building has failed.
    using rollouts = new Rollouts(kubectl);
    const context = (work: Work): StepContext => ({
      kubectl: (args, input, signal = work.signal) => kubectl(args, input === undefined ? input : withPatientProbes(input), signal),
      rollouts,
      upstream: (name) => upstreamManifest(name, { components: parts.components, pki, profile: options.profile }),
      script: (name, args, environment) => runOnAdmin(site, [`./${name}`, ...args], { environment, signal: work.signal }),
      patchMachineConfig: (nodes, patch) => patchMachineConfig(site, folder, { nodes, patch, signal: work.signal }),
    });
    const startedAt = performance.now();
    const followed = await phase("The guide's steps", (work) => runSteps(steps, context(work), work));
    const stepsMs = performance.now() - startedAt;
    const outcomes = await phase('Everything available', async (work) => {
      const measured = await awaitReady({ steps, outcomes: followed }, context(work), work);
      await allNodesReady(cluster, context(work).kubectl);
      await forgetNeighbours(site, work);
      return measured;
    });
    return await finish(options, site, { steps: outcomes, stepsMs });
  } catch (error) {
    // A lab that failed stays for a look when it was asked to stay; a tied or an interrupted one must leave nothing.
    if (options.life === 'tied' || !(error instanceof Problem))
      await remove(options.name, { signal: new AbortController().signal, say: () => undefined });
    throw error;
  }
}

async function startMachines(
  options: UpOptions,
  { cluster, parts }: { cluster: DocumentedCluster; parts: LabParts },
  work: Work,
): Promise<{ site: Site; pki: ClusterPki }> {
  const folder = labFolder(options.name);
  work.say('writing disks');
  const pki = await prepareMachines(folder, { profile: options.profile, options: options.with, parts });
  await writeLabFile(folder, await labFileOf(options, 'building'));
  const site = await startSite({ folder, rootfs: parts.rootfs, binds: machineBinds(parts, options.with), life: options.life }, work);
  work.say('powering on');
  await Promise.all(cluster.nodes.map((node) => powerOn(site, cluster, node, work)));
  return { site, pki };
}

interface ControlPlaneParts {
  readonly cluster: DocumentedCluster;
  readonly folder: string;
  readonly kubectl: AbortableKubectl;
}

/** The API at the first control plane, then the static pods that need it, the API at the VIP, all nodes, and the labels that Talos sets. */
async function startControlPlanes({ cluster, folder, kubectl }: ControlPlaneParts, work: Work): Promise<void> {
  const controlPlanes = cluster.nodes.filter(({ role }) => role === 'control-plane');
  const [first] = controlPlanes;
  if (first === undefined) throw new Error('the documented cluster has no control plane');
  const logs = controlPlanes.flatMap(({ name }) =>
    ['etcd', 'kubelet', 'containerd'].map((service) => join(folder, 'nodes', name, `disk/var/log/${service}/current`)),
  );
  const ready = async (address: string): Promise<{ done: true } | { notYet: string }> => {
    const { stdout, stderr } = await kubectl(
      [`--server=https://${address}:6443`, '--request-timeout=2s', 'get', '--raw=/readyz'],
      undefined,
      work.signal,
    );
    return stdout === 'ok' ? { done: true } : { notYet: lastLine(stderr) };
  };
  await waitFor(`the API of ${first.name}`, { timeoutMs: 120_000, everyMs: 100, logs }, work, () => ready(first.address));
  await Promise.all(controlPlanes.map(({ name }) => addLateStaticPods(join(folder, 'nodes', name))));
  await waitFor(`the API at ${cluster.vip.address}`, { timeoutMs: 60_000, everyMs: 100, logs }, work, () => ready(cluster.vip.address));
  await waitFor('all nodes to register', { timeoutMs: 120_000, everyMs: 300, logs }, work, async () => {
    const { stdout, stderr } = await kubectl(['get', 'nodes', '-o', 'name'], undefined, work.signal);
    const registered = stdout.split('\n').filter((line) => line !== '');
    return registered.length === cluster.nodes.length
      ? { done: true }
      : { notYet: `${registered.length} of ${cluster.nodes.length} nodes ${lastLine(stderr)}`.trim() };
  });
  const labels = ['node-role.kubernetes.io/control-plane=', 'node.kubernetes.io/exclude-from-external-load-balancers='];
  const { code, stderr } = await kubectl(['label', 'node', ...controlPlanes.map(({ name }) => name), ...labels], undefined, work.signal);
  if (code !== 0)
    throw new Problem(exitCode.provider, {
      expected: 'the control planes to take their labels',
      saw: stderr,
      next: '`conform down` and `conform up`',
    });
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

/**
 * Empties the ARP caches of the gateway and the LAN host. With them, an address that a step has just removed would still
 * answer for some seconds (erratum E23), and a check right after `up` would depend on chance.
 */
async function forgetNeighbours(site: Site, work: Work): Promise<void> {
  work.say('forgetting ARP entries');
  await runInSite(site, ['ip', 'neigh', 'flush', 'all'], work);
  await runInSite(site, ['ip', '-n', 'lan', 'neigh', 'flush', 'all'], work);
}

async function allNodesReady(cluster: DocumentedCluster, kubectl: Kubectl): Promise<void> {
  const answer = await kubectl(['wait', '--for=condition=Ready', 'node', ...cluster.nodes.map(({ name }) => name), '--timeout=120s']);
  if (answer.code === 0) return;
  throw new Problem(exitCode.provider, {
    expected: 'every node to be Ready',
    saw: answer.stderr.trim(),
    next: '`conform shell kubectl describe nodes`',
  });
}

async function finish(
  options: UpOptions,
  site: Site,
  built: { readonly steps: readonly StepOutcome[]; readonly stepsMs: number },
): Promise<ClusterDescriptor> {
  const folder = labFolder(options.name);
  const descriptor = await describeLab({ name: options.name, profile: options.profile, options: options.with, site, folder, ...built });
  await writeFile(join(folder, 'cluster.json'), `${JSON.stringify(descriptor, undefined, 2)}\n`);
  await writeLabFile(folder, await labFileOf(options, 'built'));
  return descriptor;
}

type AbortableKubectl = (args: readonly string[], input: string | undefined, signal: AbortSignal) => Promise<CommandAnswer>;

/** kubectl on the admin workstation, with the kubeconfig that the guide's reader would have. */
function kubectlOnAdmin(site: Site): AbortableKubectl {
  return (args, input, signal) => runOnAdmin(site, ['kubectl', ...args], { input, signal });
}

/** A tied lab is removed at its end, so it must not begin with one of somebody else. */
async function requireFreeName(name: string): Promise<void> {
  if (!existsSync(labFolder(name))) return;
  const found = await stateAtRest(name);
  throw new Problem(exitCode.usage, {
    expected: `no lab ${name}: a lab of its own is made for this command, and removed at its end`,
    saw: found.kind === 'half' ? `it is there, half built: ${found.reason}` : 'it is there, and stays as it is',
    next: `another --name, or none; or conform verify --name ${name}; or conform down --name ${name} first`,
  });
}

async function down(name: string, phase: Phase, { onlyOwn }: DownOptions = {}): Promise<'removed' | 'nothing'> {
  const folder = labFolder(name);
  if (!existsSync(folder)) return 'nothing';
  return withLabLock(folder, `another \`conform\` is at work on lab ${name}`, async () => {
    if (onlyOwn && !(await isTiedHere(name))) return 'nothing';
    await phase(`Remove lab ${name}`, (work) => remove(name, work));
    return 'removed' as const;
  });
}

/** Whether a lab belongs to this very process. */
async function isTiedHere(name: string): Promise<boolean> {
  const tiedTo = (await readLabFile(labFolder(name)))?.tiedTo;
  return tiedTo?.pid === process.pid && (await isAlive(tiedTo));
}

async function remove(name: string, work: Work): Promise<void> {
  const folder = labFolder(name);
  await stopSite(folder, work.say);
  work.say('deleting disks');
  await rm(folder, { recursive: true, force: true });
  await giveBackInstances();
}

async function state(name: string): Promise<ClusterState> {
  const holder = await lockHolder(`${labFolder(name)}.lock`);
  if (holder !== undefined) return { kind: 'building', holder: `process ${holder.pid} since ${holder.since}` };
  return stateAtRest(name);
}

/** The state of a lab that nobody else is at work on. */
async function stateAtRest(name: string): Promise<ClusterState> {
  const folder = labFolder(name);
  const file = await readLabFile(folder);
  if (file === undefined)
    return existsSync(folder) ? { kind: 'half', reason: 'it was interrupted before its first machine' } : { kind: 'absent' };
  const site = await findSite(folder);
  if (site === undefined) return { kind: 'half', reason: 'its processes are gone (an interrupted run, or the machine restarted)' };
  if (file.phase === 'building') return { kind: 'half', reason: 'its building was not finished' };
  const cluster = clusterDescriptor.safeParse(JSON.parse(await readFile(join(folder, 'cluster.json'), 'utf8')));
  if (!cluster.success) return { kind: 'half', reason: 'it was built by another version of conform' };
  return { kind: 'running', cluster: cluster.data, parts: await partStates(site, file.profile) };
}

/** A lab that stands, when its descriptor still names the living site. */
async function running(name: string): Promise<ClusterDescriptor | undefined> {
  const found = await stateAtRest(name);
  return found.kind === 'running' ? found.cluster : undefined;
}

async function partStates(site: Site, profile: Profile): Promise<PartState[]> {
  const { signal } = new AbortController();
  const { nodes } = documentedCluster(profile);
  const status = await runInSite(site, ['sv', 'status', ...nodes.map(({ name }) => `/run/service/node-${name}`)], { signal });
  const lines = status.split('\n');
  const isOn = (unit: string): boolean => lines.some((line) => line.startsWith(`run: /run/service/${unit}:`));
  const answer = await kubectlOnAdmin(site)(['--request-timeout=5s', 'get', 'nodes', '--no-headers'], undefined, signal);
  const kubernetes = new Map(
    answer.stdout
      .split('\n')
      .map((line) => line.split(/\s+/))
      .map(([node = '', ready = '']) => [node, ready]),
  );
  return nodes.map(({ name, address }) => ({
    name: `${name} ${address}`,
    state: isOn(`node-${name}`) ? `on, ${kubernetes.get(name) ?? 'unknown to the API'}` : 'off',
  }));
}

async function names(): Promise<string[]> {
  const entries = await readdir(join(stateFolder(), 'labs'), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

/** Switches a node of a running lab on or off. */
export async function power(name: string, nodeName: string, to: 'on' | 'off', work: Work): Promise<void> {
  const found = await stateAtRest(name);
  const site = await findSite(labFolder(name));
  if (found.kind !== 'running' || site === undefined) throw notRunning(name);
  const cluster = documentedCluster(found.cluster.profile);
  const node = cluster.nodes.find((candidate) => candidate.name === nodeName);
  if (node === undefined)
    throw new Problem(exitCode.usage, {
      expected: `one of the nodes ${cluster.nodes.map((each) => each.name).join(', ')}`,
      saw: nodeName,
      next: '`conform status` lists them',
    });
  await (to === 'on' ? powerOn(site, cluster, node, work) : powerOff(site, node, work));
}

export function notRunning(name: string): Problem {
  return new Problem(exitCode.provider, {
    expected: `lab ${name} to be running`,
    saw: 'no running lab of that name',
    next: `conform up${name === 'lab' ? '' : ` --name ${name}`}`,
  });
}

/** A lab that runs is not changed: it is taken as it is or not at all. */
function requireSame(wanted: UpOptions, found: ClusterDescriptor): void {
  const described = (profile: Profile, options: readonly string[]): string =>
    `profile ${profile}${options.length === 0 ? '' : ` with ${options.join(', ')}`}`;
  const [expected, saw] = [described(wanted.profile, wanted.with), described(found.profile, found.options ?? [])];
  if (expected === saw) return;
  throw new Problem(exitCode.usage, {
    expected: `lab ${wanted.name} to be absent or of ${expected}`,
    saw: `it is running, of ${saw}`,
    next: `conform down --name ${wanted.name}, or choose another --name`,
  });
}

async function readLabFile(folder: string): Promise<LabFile | undefined> {
  const text = await readFile(join(folder, 'lab.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  return text === undefined ? undefined : labFile.parse(JSON.parse(text));
}

async function labFileOf({ profile, life }: UpOptions, phase: LabFile['phase']): Promise<LabFile> {
  return { profile, phase, ...(life === 'tied' ? { tiedTo: await thisProcess() } : {}) };
}

/** Removes what rehearsals left that were killed before they could: their labs belong to a process that is gone. */
async function removeAbandoned(phase: Phase): Promise<void> {
  for (const name of await names()) {
    const tiedTo = (await readLabFile(labFolder(name)))?.tiedTo;
    if (tiedTo !== undefined && !(await isAlive(tiedTo))) await down(name, phase);
  }
}

async function writeLabFile(folder: string, content: LabFile): Promise<void> {
  await writeFile(join(folder, 'lab.json'), `${JSON.stringify(content)}\n`);
}
