import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digest } from '../cache/digest.ts';
import { compilerTree } from '../rootfs/catalogue.ts';
import { type Upstream, buildFlags, upstreams } from './catalogue.ts';

/** An upstream's committed module files. */
export interface Pins {
  readonly goMod: string;
  readonly goSum: string;
}

/** The folder with an upstream's go.mod and go.sum, in which its programs are built. */
export function pinFolder(upstream: Upstream): string {
  return join(import.meta.dirname, upstream.name);
}

export async function readPins(upstream: Upstream): Promise<Pins> {
  const folder = pinFolder(upstream);
  const [goMod, goSum] = await Promise.all([readFile(join(folder, 'go.mod'), 'utf8'), readFile(join(folder, 'go.sum'), 'utf8')]);
  return { goMod, goSum };
}

/** Changes with everything that the built programs depend on, apart from the Go release. */
export function upstreamKey(upstream: Upstream, pins: Pins): string {
  const programs = upstream.binaries.map((binary) => [binary.name, binary.package, ...buildFlags(upstream, binary)]);
  const compiler = upstream.cgo ? { compiler: compilerTree } : {};
  return digest(pins.goMod, pins.goSum, JSON.stringify({ programs, files: upstream.files, machine: process.arch, ...compiler }));
}

/** The release of an upstream that the lab is built with, as upstream calls it; `unknown` when its go.mod pins other code. */
export async function pinnedRelease(name: string): Promise<string> {
  const upstream = upstreams.find((each) => each.name === name);
  return upstream === undefined ? 'unknown' : releaseIn((await readPins(upstream)).goMod, upstream);
}

/** See pinnedRelease. */
export function releaseIn(goMod: string, { module, release }: Pick<Upstream, 'module' | 'release'>): string {
  const version = goMod
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/^require /, '')
        .split(' '),
    )
    .find(([path]) => path === module.path)?.[1];
  return version === module.version ? release : 'unknown';
}
