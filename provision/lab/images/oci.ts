import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Work } from '../../../harness/engine/work.ts';
import type { Image, ImageFile, Source } from './catalogue.ts';
import { type Blob, type LayerItem, readItem, readTree, writeLayer } from './layer.ts';

/** Where the files of the catalogue lie on this machine. */
export interface Sources {
  resolve(source: Source): string;
  /** The tree under the images that want a shell and network tools. */
  readonly tools: string;
}

interface Descriptor extends Blob {
  readonly mediaType: string;
}

const mediaTypes = {
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
} as const;

/** OCI calls machines as Go does. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const epoch = '1970-01-01T00:00:00Z';
/** All nodes share the machine's few processors: more threads of a Go program only wake each other. */
const processors = 'GOMAXPROCS=1';
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Writes an OCI image layout (image-spec 1.0) with every image; the same input always gives the same bytes. Returns each reference's digest. */
export async function writeLayout(work: Work, images: readonly Image[], sources: Sources, folder: string): Promise<Record<string, string>> {
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const writer = new LayoutWriter(work, sources, blobs);
  const manifests = [];
  for (const image of images) {
    work.say(`writing ${image.references[0]}`);
    const manifest = await writer.image(image);
    manifests.push(...image.references.map((name) => ({ ...manifest, annotations: { 'io.containerd.image.name': name } })));
  }
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return Object.fromEntries(manifests.map(({ annotations, digest }) => [annotations['io.containerd.image.name'], digest]));
}

class LayoutWriter {
  readonly #work: Work;
  readonly #sources: Sources;
  readonly #blobs: string;
  readonly #shared = new Map<string, Promise<Blob>>();

  constructor(work: Work, sources: Sources, blobs: string) {
    this.#work = work;
    this.#sources = sources;
    this.#blobs = blobs;
  }

  async image(image: Image): Promise<Descriptor> {
    const layers: Blob[] = [];
    if (image.tools) layers.push(await this.#sharedLayer('tools', () => readTree(this.#sources.tools, '', ['dev'])));
    for (const file of image.sharedLayers ?? []) {
      layers.push(await this.#sharedLayer(file.to, () => fileItems(file, relative(file.to), this.#sources)));
    }
    const items = await layerItems(image, this.#sources);
    if (items.length > 0) layers.push(await this.#layer(items));
    const config = await this.#json(mediaTypes.config, configOf(image, layers));
    const layerDescriptors = layers.map((layer) => ({ mediaType: mediaTypes.layer, ...layer }));
    return this.#json(mediaTypes.manifest, { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: layerDescriptors });
  }

  #sharedLayer(name: string, items: () => Promise<LayerItem[]>): Promise<Blob> {
    const layer = this.#shared.get(name) ?? items().then((found) => this.#layer(found));
    this.#shared.set(name, layer);
    return layer;
  }

  #layer(items: readonly LayerItem[]): Promise<Blob> {
    return writeLayer(items, this.#blobs, this.#work.signal);
  }

  async #json(mediaType: string, value: unknown): Promise<Descriptor> {
    const text = JSON.stringify(value);
    const hex = createHash('sha256').update(text).digest('hex');
    await writeFile(join(this.#blobs, hex), text);
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
  }
}

function relative(absolute: string): string {
  return absolute.replace(/^\//, '');
}

async function layerItems(image: Image, sources: Sources): Promise<LayerItem[]> {
  const files = await Promise.all(image.files.map((file) => fileItems(file, relative(file.to), sources)));
  const folders = (image.folders ?? []).map((folder): LayerItem => ({ kind: 'folder', path: relative(folder.path), mode: folder.mode }));
  const links = (image.links ?? []).map((link): LayerItem => ({ kind: 'link', path: relative(link.path), target: link.target }));
  return [...files.flat(), ...folders, ...links];
}

function fileItems(file: ImageFile, to: string, sources: Sources): Promise<LayerItem[]> {
  return readItem(sources.resolve(file.from), to, file.mode);
}

function configOf(image: Image, layers: readonly Blob[]): object {
  const architecture = architectures[process.arch];
  if (architecture === undefined) throw new Error(`no container images for ${process.arch}`);
  return {
    created: epoch,
    architecture,
    os: 'linux',
    config: {
      Env: [path, processors],
      WorkingDir: image.workingDirectory ?? '/',
      ...(image.user === undefined ? {} : { User: image.user }),
      ...(image.entrypoint === undefined ? {} : { Entrypoint: image.entrypoint }),
      ...(image.command === undefined ? {} : { Cmd: image.command }),
      ...(image.labels === undefined ? {} : { Labels: image.labels }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
    history: layers.map(() => ({ created: epoch, created_by: 'conform' })),
  };
}
