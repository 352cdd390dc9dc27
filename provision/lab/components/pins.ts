import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digest } from '../cache/digest.ts';
import { buildFlags, type Upstream } from './catalogue.ts';

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
  return digest(pins.goMod, pins.goSum, JSON.stringify({ programs, files: upstream.files, machine: process.arch }));
}
