import { access, readFile } from 'node:fs/promises';
import type { ConditionChange } from '../conditions.ts';
import { onHost } from './disk.ts';

/**
 * What Longhorn checks on a Talos node (controller/monitor/environment_check_monitor.go). The lab's nodes have no iSCSI
 * and no NFS client in their kernel: what the machine's image is said to bring along decides, where it is written down,
 * since the data path of this stand-in needs neither.
 */

/** Names of the system extensions of the node's image, one a line, by the stand-in of Talos; absent means complete. */
const extensionsFile = '/etc/lab/extensions';

const iscsi = 'iscsi-tools';
const utilLinux = 'util-linux-tools';

/** Conditions RequiredPackages, KernelModulesLoaded, NFSClientInstalled and Multipathd of the own node. */
export async function environmentConditions(): Promise<ConditionChange[]> {
  const extensions = await installedExtensions();
  const missing = [
    ...(extensions.includes(utilLinux) ? [] : ['cryptsetup', 'dmsetup']),
    ...(extensions.includes(iscsi) ? [] : ['iscsiadm']),
  ];
  const packages: ConditionChange =
    missing.length === 0
      ? {
          type: 'RequiredPackages',
          status: 'True',
          message: 'All required packages [cryptsetup dmsetup nfs-common iscsiadm] are installed',
        }
      : { type: 'RequiredPackages', status: 'False', reason: 'PackagesNotInstalled', message: `Missing packages: [${missing.join(' ')}]` };
  return [
    packages,
    { type: 'KernelModulesLoaded', status: 'True', message: 'Kernel modules [dm_crypt] are loaded' },
    { type: 'NFSClientInstalled', status: 'True' },
    await multipathd(),
  ];
}

async function installedExtensions(): Promise<string[]> {
  try {
    return (await readFile(onHost(extensionsFile), 'utf8')).split('\n').map((line) => line.trim());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [iscsi, utilLinux];
    throw error;
  }
}

async function multipathd(): Promise<ConditionChange> {
  try {
    await access(onHost('/run/multipathd.pid'));
    return {
      type: 'Multipathd',
      status: 'False',
      reason: 'MultipathdIsRunning',
      message: 'multipathd is running with a known issue that affects Longhorn.',
    };
  } catch {
    return { type: 'Multipathd', status: 'True' };
  }
}
