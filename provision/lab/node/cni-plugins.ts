import { constants } from 'node:fs';
import { copyFile, link } from 'node:fs/promises';
import { join } from 'node:path';
import { cniPlugins } from '../images/catalogue.ts';
import type { LabParts } from '../machines.ts';

/** What Calico's installer would put into the node's /opt/cni/bin: the plugins of its own image. */
function sources({ components, rootfs }: LabParts): [name: string, source: string][] {
  const calico = components.binary('calico-cni');
  return [
    ['calico', calico],
    ['calico-ipam', calico],
    ...cniPlugins.map((name): [string, string] => [name, join(rootfs, 'usr/lib/cni', name)]),
  ];
}

/**
 * Puts Calico's plugins on a node's disk, as links: six installers that copy and compare 100 MB each would cost every start of
 * a lab some seconds. The installer leaves alone what it finds (upstream-manifests.ts, UPDATE_CNI_BINARIES).
 */
export async function placeCniPlugins(parts: LabParts, folder: string): Promise<void> {
  for (const [name, source] of sources(parts)) await linkOrCopy(source, join(folder, name));
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  await link(source, target).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    await copyFile(source, target, constants.COPYFILE_FICLONE);
  });
}
