import type { FixtureContext } from '../../harness/platform/check.ts';
import type { PodPlace } from '../../harness/platform/kubernetes/kubernetes.ts';

type Tools = Pick<FixtureContext, 'cluster' | 'signal'>;

/** Writes random data to a file of a pod's volume, on the volume before it returns; its SHA-256. Throws when it could not be written. */
export async function writePattern(
  { cluster, signal }: Tools,
  pod: PodPlace,
  { file, mebibytes }: { readonly file: string; readonly mebibytes: number },
): Promise<string> {
  const script = `dd if=/dev/urandom of=/data/${file} bs=1048576 count=${mebibytes} conv=fsync 2>/dev/null && sha256sum /data/${file} 2>&1`;
  const text = await cluster.kubernetes.run(pod, script, signal);
  const digest = digestIn(text);
  if (digest === undefined)
    throw new Error(`${pod.pod} could not write ${mebibytes} MiB to its volume: ${text.trim() || 'no reason given'}`);
  return digest;
}

/** The SHA-256 of a file of a pod's volume, or the reader's own words where it cannot be read. */
export async function readPattern({ cluster, signal }: Tools, pod: PodPlace, file: string): Promise<string> {
  const text = await cluster.kubernetes.run(pod, `sha256sum /data/${file} 2>&1`, signal);
  return digestIn(text) ?? (text.trim() || 'nothing');
}

/** sha256sum(1): the digest, and the name of the file. */
export function digestIn(text: string): string | undefined {
  return /^([0-9a-f]{64}) /m.exec(text)?.[1];
}
