import { relative } from 'node:path';
import { locateStandIns } from '../stand-ins/bundle.ts';
import { cacheFolder } from '../paths.ts';
import { componentFolders, componentsInCache } from './components/build.ts';
import { locateAllImages, locateImages } from './images/template.ts';
import { locateTrees } from './rootfs/build.ts';

/** Entries of the cache that this version uses, as paths relative to the cache; they need not be there. */
interface NamedEntries {
  /** Those that take minutes and a network to make: programs and Debian trees. */
  readonly slow: readonly string[];
  /** Those that are made out of them in a moment, or are needed to make them only. */
  readonly others: readonly string[];
}

export async function namedEntries(): Promise<NamedEntries> {
  const [folders, { components }, trees, standIns] = await Promise.all([
    componentFolders(),
    componentsInCache(),
    locateTrees(),
    locateStandIns(),
  ]);
  const images = await locateImages(components, trees.node, trees.tools);
  const inCache = (folder: string): string => relative(cacheFolder(), folder);
  return {
    slow: [...folders, trees.node.folder, trees.tools.folder].map(inCache),
    others: [trees.compiler.folder, standIns.folder, images.folder, locateAllImages(images, standIns)].map(inCache),
  };
}
