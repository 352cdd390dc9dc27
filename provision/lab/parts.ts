import type { Work } from '../../harness/engine/work.ts';
import type { Phase } from '../provider.ts';
import { inLanes } from './cache/lanes.ts';
import { type Components, ensureComponents } from './components/build.ts';
import { ensureImages } from './images/template.ts';
import type { LabParts } from './machines.ts';
import { type Rootfs, ensureRootfs, ensureTools } from './rootfs/build.ts';
import { ensureStandIns } from '../stand-ins/bundle.ts';

/** What every lab is made of, from the cache or built now: minutes the first time, a moment after that. */
export async function ensureParts(phase: Phase): Promise<LabParts> {
  const { rootfs, components } = await phase('Debian trees, Kubernetes, Calico, MetalLB and the other components', treesAndComponents);
  const standIns = await phase('Stand-ins', ensureStandIns);
  const images = await phase('Container images', (work) => ensureImages(work, { components, rootfs, standIns }));
  return { components, rootfs: rootfs.folder, standIns: standIns.folder, images };
}

/** At the same time: the trees wait for a mirror of Debian, while the components need the processors. */
async function treesAndComponents(work: Work): Promise<{ rootfs: Rootfs; components: Components }> {
  const made: { rootfs?: Rootfs; components?: Components } = {};
  await inLanes(work, 2, [
    async (inner) => {
      made.rootfs = await ensureRootfs(inner);
      await ensureTools(inner);
    },
    async (inner) => {
      made.components = await ensureComponents(inner);
    },
  ]);
  const { rootfs, components } = made;
  if (rootfs === undefined || components === undefined) throw new Error('a part was neither made nor did it fail');
  return { rootfs, components };
}
