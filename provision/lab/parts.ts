import type { Phase } from '../provider.ts';
import { ensureComponents } from './components/build.ts';
import { ensureImages } from './images/template.ts';
import type { LabParts } from './machines.ts';
import { ensureRootfs } from './rootfs/build.ts';
import { ensureStandIns } from '../stand-ins/bundle.ts';

/** What every lab is made of, from the cache or built now: minutes the first time, a moment after that. */
export async function ensureParts(phase: Phase): Promise<LabParts> {
  const rootfs = await phase('Debian root file system', ensureRootfs);
  const components = await phase('Kubernetes, Calico, MetalLB and the other components', ensureComponents);
  const standIns = await phase('Stand-ins', ensureStandIns);
  const images = await phase('Container images', (work) => ensureImages(work, { components, rootfs, standIns }));
  return { components, rootfs: rootfs.folder, standIns: standIns.folder, images };
}
