import { once } from 'node:events';
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Profile, documentedCluster } from '../../guide/cluster.ts';
import type { CommandAnswer } from '../steps/command.ts';
import { guideScripts } from '../steps/scripts.ts';
import { canineAdmin } from '../steps/tenant-steps.ts';
import type { ClusterPki } from './pki/cluster-pki.ts';
import { targetsOf } from './pki/talos-pki.ts';
import { type Site, enterSite, siteEnvironment } from './site/site.ts';

/** The folder in which the guide's reader works, on the admin workstation: kubeconfig, talosconfig and the scripts are in it. */
const workingFolder = '/lab/admin';

/** Writes the kubeconfig, the talosconfig and the scripts that the guide's reader has in that folder. */
export async function writeAdminFolder(labFolder: string, profile: Profile, pki: ClusterPki): Promise<void> {
  const folder = join(labFolder, 'admin');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'kubeconfig'), pki.adminKubeconfig, { mode: 0o600 });
  await writeFile(
    join(folder, 'talosconfig'),
    await pki.talos.talosconfig('os:admin', profile === 'corrected' ? targetsOf(documentedCluster(profile)) : undefined),
    { mode: 0o600 },
  );
  await writeFile(join(folder, 'canine-login.json'), JSON.stringify(canineAdmin), { mode: 0o600 });
  await cp(guideScripts(profile), folder, { recursive: true });
  // As written it stands in canine-values.yaml, where Canine does not read it (erratum E36).
  if (profile === 'corrected') await writeFile(join(folder, 'canine-password'), canineAdmin.password, { mode: 0o600 });
  await mkdir(join(folder, 'bin'), { recursive: true });
  await copyFile(join(import.meta.dirname, 'talosctl.sh'), join(folder, 'bin/talosctl'));
}

/** The command that runs another on the admin workstation, in the reader's folder, as an argument list to put before it. */
export function onAdmin(site: Site): string[] {
  return [...enterSite(site), 'ip', 'netns', 'exec', 'admin', 'env', `--chdir=${workingFolder}`];
}

/** Runs a program of this machine, files and all, with the network and the names of the admin workstation. */
export function machineAtAdmin(site: Site, labFolder: string): string[] {
  return [
    'nsenter',
    `--net=/proc/${site.pid}/root/run/netns/admin`,
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    join(labFolder, 'site/at-admin.sh'),
    join(labFolder, 'site/netns/admin'),
  ];
}

interface MachineConfigPatch {
  readonly nodes: readonly string[];
  /** A file of this machine. */
  readonly patch: string;
  readonly signal: AbortSignal;
}

/** `talosctl patch machineconfig -n NODES --patch @FILE`, by our own client of the Talos API, because talosctl is not published as a Go module. */
export async function patchMachineConfig(
  site: Site,
  labFolder: string,
  { nodes, patch, signal }: MachineConfigPatch,
): Promise<CommandAnswer> {
  const program = join(import.meta.dirname, '../steps/patch-machine-config.ts');
  const talosconfig = join(labFolder, 'admin/talosconfig');
  // The first node is a control plane, and forwards to the others; the talosconfig itself names none (erratum E14).
  const options = [
    '--talosconfig',
    talosconfig,
    '--endpoint',
    nodes[0] ?? '',
    ...nodes.flatMap((node) => ['--node', node]),
    '--patch',
    patch,
  ];
  return answerOf([...machineAtAdmin(site, labFolder), process.execPath, program, ...options], { signal });
}

/** Programs that the reader of the guide has installed, beside Debian's. */
export async function adminEnvironment(): Promise<Record<string, string>> {
  const environment = await siteEnvironment();
  return {
    ...environment,
    KUBECONFIG: `${workingFolder}/kubeconfig`,
    PATH: `${environment['PATH'] ?? ''}:${workingFolder}/bin:/opt/lab/kubernetes:/opt/lab/etcd:/opt/lab/calico`,
  };
}

export interface AdminCommand {
  readonly input?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Runs a command on the admin workstation; a failure is an answer with its exit code. */
export async function runOnAdmin(
  site: Site,
  command: readonly string[],
  { input, environment, signal }: AdminCommand,
): Promise<CommandAnswer> {
  return answerOf([...onAdmin(site), ...command], { input, signal, environment: { ...(await adminEnvironment()), ...environment } });
}

async function answerOf(command: readonly string[], { input, environment, signal }: AdminCommand): Promise<CommandAnswer> {
  const [program = '', ...rest] = command;
  const running = execa(program, rest, {
    reject: false,
    cancelSignal: signal,
    ...(environment === undefined ? {} : { env: environment }),
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  // A child of a killed shell may still hold the output open: an interrupt does not wait for it.
  const ended = new AbortController();
  const result = await Promise.race([
    running,
    once(signal, 'abort', { signal: ended.signal }).then(
      () => undefined,
      () => undefined,
    ),
  ]);
  ended.abort();
  signal.throwIfAborted();
  if (result === undefined) throw new Error(`${program} did not end`);
  return { code: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr || (result.shortMessage ?? '') };
}
