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
import type { StandIns } from '../../stand-ins/bundle.ts';
import { type Image, type Source, images, standInImages } from './catalogue.ts';
import { type Sources, writeLayout } from './oci.ts';

/** Beside the content: each reference's digest, for the lab's registry. */
const digestsFile = 'images.json';

/** The images of the lab, imported and unpacked once. */
export interface ImageTemplate {
  /** The content and images.json. */
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
 * Makes the lab's images and imports them into a containerd content folder, unless that is done. In two steps, because the
 * stand-ins change more often than everything else: first the images of real components, then, on a clone, the stand-ins'.
 */
export async function ensureImages(work: Work, parts: ImageParts): Promise<ImageTemplate> {
  const tools = await ensureTools(work);
  const real = await locateImages(parts.components, parts.rootfs, tools);
  const sources = sourcesOf(parts, tools);
  await ensureEntry(work, real.folder, (temporary) =>
    importImages(work, { images, sources, rootfs: parts.rootfs.folder, known: {}, temporary }),
  );
  const folder = locateAllImages(real, parts.standIns);
  await ensureEntry(work, folder, async (temporary) => {
    await cloneTemplate(join(real.folder, 'containerd'), join(temporary, 'containerd'));
    const known = JSON.parse(await readFile(join(real.folder, digestsFile), 'utf8')) as Record<string, string>;
    await importImages(work, { images: standInImages, sources, rootfs: parts.rootfs.folder, known, temporary });
  });
  return { folder, template: join(folder, 'containerd') };
}

/** Where the images of real components are, or will be. */
export async function locateImages(components: Components, rootfs: Rootfs, tools: Rootfs): Promise<{ folder: string; key: string }> {
  const key = await imagesKey(components, rootfs, tools);
  return { folder: join(cacheFolder(), 'images', key), key };
}

/** Where these are with the images of the stand-ins, or will be. */
export function locateAllImages(real: { readonly folder: string; readonly key: string }, standIns: StandIns): string {
  return `${real.folder}-${digest(real.key, standIns.key, digestsFile, JSON.stringify(standInImages))}`;
}

function referencesOf(some: readonly Image[]): string[] {
  return some.flatMap((image) => image.references);
}

interface ImportImages {
  readonly images: readonly Image[];
  readonly sources: Sources;
  readonly rootfs: string;
  /** Images that the content folder has already, reference to digest. */
  readonly known: Readonly<Record<string, string>>;
  readonly temporary: string;
}

async function importImages(work: Work, { images: some, sources, rootfs, known, temporary }: ImportImages): Promise<void> {
  const [layout, content] = [join(temporary, 'layout'), join(temporary, 'containerd')];
  const digests = await writeLayout(work, some, sources, layout);
  await writeFile(join(temporary, digestsFile), JSON.stringify({ ...known, ...digests }));
  await mkdir(content, { recursive: true });
  await importLayout(work, { rootfs, layout, content, references: [...Object.keys(known), ...referencesOf(some)] });
  await rm(layout, { recursive: true });
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

async function imagesKey(components: Components, rootfs: Rootfs, tools: Rootfs): Promise<string> {
  const recipe = ['pause.sh', 'containerd.toml', 'import.sh', 'oci.ts', 'layer.ts'].map((name) => readFile(ownFile(name)));
  return digest(components.key, rootfs.key, tools.key, digestsFile, JSON.stringify(images), ...(await Promise.all(recipe)));
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
