import type { Phase } from '../provider.ts';
import { ensureComponents } from './components/build.ts';
import { ensureImages } from './images/template.ts';
import type { OptionName } from '../options.ts';
import type { LabParts } from './machines.ts';
import { ensureRootfs } from './rootfs/build.ts';
import { ensureStandIns } from '../stand-ins/bundle.ts';

/** What every lab is made of, from the cache or built now: minutes the first time, a moment after that. */
export async function ensureParts(phase: Phase, options: readonly OptionName[]): Promise<LabParts> {
  const rootfs = await phase('Debian root file system', ensureRootfs);
  const components = await phase('Kubernetes, Calico, MetalLB and the other components', (work) => ensureComponents(work, { options }));
  const standIns = await phase('Stand-ins', ensureStandIns);
  const images = await phase('Container images', (work) => ensureImages(work, { components, rootfs, standIns }, options));
  return { components, rootfs: rootfs.folder, standIns: standIns.folder, images };
}
