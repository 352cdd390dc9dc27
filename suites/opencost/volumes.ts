import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';

/** A claim in words: its phase and class, what it asks for and what it has. */
export function claimText(claim: V1PersistentVolumeClaim | undefined): string {
  if (claim === undefined) return 'no claim';
  const { spec, status } = claim;
  return `${status?.phase} ${spec?.storageClassName ?? 'without class'}, asks for ${spec?.resources?.requests?.['storage'] ?? 'nothing'}, has ${status?.capacity?.['storage'] ?? 'nothing'}`;
}

/** The device of each mount point in what `df -P` prints, its heading left out. */
export function mountsIn(printed: string): Map<string, string> {
  const lines = printed.split('\n').map((line) => line.trim().split(/\s+/));
  return new Map(lines.filter((words) => words.length === 6).map(([device = '', , , , , at = '']) => [at, device]));
}

/** The size in bytes of the file system at a mount point in what `df -P -k` prints; undefined where there is none. */
export function sizeAt(printed: string, mountPoint: string): number | undefined {
  const words = printed
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((each) => each.length === 6 && each[5] === mountPoint);
  return words === undefined ? undefined : Number(words[1]) * 1024;
}
