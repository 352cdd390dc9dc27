import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';
import type { Work } from '../../../harness/engine/work.ts';
import { describeEnd, runCommand, succeeded } from '../cache/command.ts';
import { digest } from '../cache/digest.ts';
import { ensureEntry } from '../cache/entry.ts';
import type { Components } from '../components/build.ts';
import { cacheFolder } from '../../paths.ts';
import { type Rootfs, ensureTools } from '../rootfs/build.ts';
import type { OptionName } from '../../options.ts';
import type { StandIns } from '../../stand-ins/bundle.ts';
import { type Image, type Source, images, imagesOfMirrors, optionImages, standInImages } from './catalogue.ts';
import { addToMirrors } from './mirrors.ts';
import { type Sources, writeLayout } from './oci.ts';

/** Beside the content: each reference's digest, for the registries' mirrors. */
const digestsFile = 'images.json';
/** Beside the content: the storage of the registries' mirrors, a folder for each. */
const mirrorsFolder = 'mirrors';
const blobsOfContent = 'io.containerd.content.v1.content/blobs/sha256';

/** The images of the lab, imported and unpacked once. */
export interface ImageTemplate {
  /** The content, the storage of the registries' mirrors, and images.json. */
  readonly folder: string;
  /** Content for /var/lib/containerd; never start a containerd on it, only on a clone. */
  readonly template: string;
}

/** Files of containerd that it changes in place: a clone needs its own. Everything else is only ever added or removed. */
const databases = ['io.containerd.metadata.v1.bolt/meta.db', 'io.containerd.snapshotter.v1.overlayfs/metadata.db'];

/** The parts from which the images are made. */
export interface ImageParts {
  readonly components: Components;
  readonly rootfs: Rootfs;
  readonly standIns: StandIns;
}

/**
 * Makes the lab's images and imports them into a containerd content folder, unless that is done. In steps, each on a clone of the
 * one before, because the later ones change more often: the images of real components, the stand-ins', those of the options.
 */
export async function ensureImages(work: Work, parts: ImageParts, options: readonly OptionName[]): Promise<ImageTemplate> {
  const tools = await ensureTools(work);
  const real = await locateImages(parts.components, parts.rootfs, tools);
  const adding = { sources: sourcesOf(parts, tools), rootfs: parts.rootfs.folder };
  await ensureEntry(work, real.folder, async (temporary) => {
    await importImages(work, { ...adding, images, known: {}, temporary });
  });
  const key = digest(real.key, parts.standIns.key, await recipeOf(mirrorRecipe), JSON.stringify([standInImages, imagesOfMirrors]));
  const folder = `${real.folder}-${key}`;
  await ensureEntry(work, folder, (temporary) => addImages(work, { ...adding, images: standInImages, onto: real.folder, temporary }));
  const wanted = optionImages.filter(({ option }) => options.includes(option)).map(({ image }) => image);
  if (wanted.length === 0) return templateIn(folder);
  const withOptions = `${folder}-${digest(parts.components.optionsKey, JSON.stringify(wanted))}`;
  await ensureEntry(work, withOptions, (temporary) => addImages(work, { ...adding, images: wanted, onto: folder, temporary }));
  return templateIn(withOptions);
}

function templateIn(folder: string): ImageTemplate {
  return { folder, template: join(folder, 'containerd') };
}

interface AddImages extends Omit<ImportImages, 'known'> {
  /** The folder of the step before. */
  readonly onto: string;
}

/** A clone of an earlier step with further images in it, and all of them in the mirrors. */
async function addImages(work: Work, { onto, ...adding }: AddImages): Promise<void> {
  const content = join(adding.temporary, 'containerd');
  const mirrors = join(adding.temporary, mirrorsFolder);
  await cloneTemplate(join(onto, 'containerd'), content);
  const known = JSON.parse(await readFile(join(onto, digestsFile), 'utf8')) as Record<string, string>;
  const digests = await importImages(work, { ...adding, known });
  work.say("filling the registries' mirrors");
  await addToMirrors(mirrors, { digests, blobs: join(content, blobsOfContent) });
  const layout = join(adding.temporary, 'layout');
  const others = await writeLayout(work, imagesOfMirrors, adding.sources, layout);
  await addToMirrors(mirrors, { digests: others, blobs: join(layout, 'blobs/sha256') });
  await rm(layout, { recursive: true });
}

/** Where the images of real components are, or will be. */
export async function locateImages(components: Components, rootfs: Rootfs, tools: Rootfs): Promise<{ folder: string; key: string }> {
  const key = await imagesKey(components, rootfs, tools);
  return { folder: join(cacheFolder(), 'images', key), key };
}

interface ImportImages {
  readonly images: readonly Image[];
  readonly sources: Sources;
  readonly rootfs: string;
  /** Images that the content folder has already, reference to digest. */
  readonly known: Readonly<Record<string, string>>;
  readonly temporary: string;
}

/** Returns the digests of all images that the content folder then has, by reference. */
async function importImages(
  work: Work,
  { images: some, sources, rootfs, known, temporary }: ImportImages,
): Promise<Readonly<Record<string, string>>> {
  const [layout, content] = [join(temporary, 'layout'), join(temporary, 'containerd')];
  const digests = { ...known, ...(await writeLayout(work, some, sources, layout)) };
  await writeFile(join(temporary, digestsFile), JSON.stringify(digests));
  await mkdir(content, { recursive: true });
  await importLayout(work, { rootfs, layout, content, references: Object.keys(digests) });
  await rm(layout, { recursive: true });
  return digests;
}

/** Makes a node's /var/lib/containerd: hard links where the file system allows it, so that it costs next to no time or disk. */
export async function cloneTemplate(template: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const [from, to] = await Promise.all([stat(template), stat(target)]);
  if (from.dev !== to.dev) {
    await execa('cp', ['-a', '--reflink=auto', `${template}/.`, target]);
    return;
  }
  await execa('cp', ['-al', `${template}/.`, target]);
  for (const database of databases) {
    await execa('cp', ['-a', '--remove-destination', join(template, database), join(target, database)]);
  }
}

/** Files that the images depend on, and those that the mirrors' storage depends on beside them. */
const imageRecipe = ['pause.sh', 'containerd.toml', 'import.sh', 'oci.ts', 'layer.ts'];
const mirrorRecipe = ['mirrors.ts'];

async function imagesKey(components: Components, rootfs: Rootfs, tools: Rootfs): Promise<string> {
  return digest(components.key, rootfs.key, tools.key, digestsFile, JSON.stringify(images), await recipeOf(imageRecipe));
}

async function recipeOf(names: readonly string[]): Promise<string> {
  return digest(...(await Promise.all(names.map((name) => readFile(ownFile(name))))));
}

function ownFile(name: string): string {
  return join(import.meta.dirname, name);
}

function sourcesOf({ components, rootfs, standIns }: ImageParts, tools: Rootfs): Sources {
  return {
    tools: tools.folder,
    resolve(source: Source): string {
      switch (source.kind) {
        case 'binary':
          return components.binary(source.name);
        case 'upstream':
          return components.upstreamFile(source.upstream, source.path);
        case 'rootfs':
          return join(rootfs.folder, source.path);
        case 'own':
          return ownFile(source.path);
        case 'node':
          return process.execPath;
        case 'stand-ins':
          return standIns.folder;
      }
    },
  };
}

interface Import {
  readonly rootfs: string;
  readonly layout: string;
  readonly content: string;
  readonly references: readonly string[];
}

async function importLayout(work: Work, { rootfs, layout, content, references }: Import): Promise<void> {
  work.say(`importing ${references.length} images into containerd`);
  const end = await runCommand(work, {
    file: 'unshare',
    args: [
      '--mount',
      '--net',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sh',
      ownFile('import.sh'),
      rootfs,
      layout,
      content,
      ownFile('containerd.toml'),
      String(references.length),
    ],
  });
  const known = new Set(end.output.split('\n'));
  const absent = references.filter((reference) => !known.has(reference));
  if (succeeded(end) && absent.length === 0) return;
  throw new Problem(exitCode.provider, {
    expected: "containerd to import the lab's images",
    saw: succeeded(end) ? `no ${absent.join(', ')} after the import` : describeEnd(end, 15),
    next: 'it runs as root in namespaces of its own and needs overlayfs: `conform doctor` looks for both',
  });
}
