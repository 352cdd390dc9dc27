/** What a restored etcd holds, or why the snapshot was not taken. */
export type Restored =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'restored';
      readonly revision: number;
      /** By prefix: the number of keys. */
      readonly counts: ReadonlyMap<string, number>;
      /** The keys that were asked for and are there. */
      readonly there: readonly string[];
    };

/** Reads what restore-snapshot.sh prints. Throws for an output without a revision and without a refusal. */
export function restoredFrom(output: string): Restored {
  const lines = output
    .split('\n')
    .map((line) => line.trim().split(' '))
    .filter(([word]) => word !== '');
  const refused = lines.find(([word]) => word === 'refused');
  if (refused !== undefined) return { kind: 'refused', reason: refused.slice(1).join(' ') };
  const revision = Number(lines.find(([word]) => word === 'revision')?.[1]);
  if (!Number.isInteger(revision)) throw new Error(`the restored etcd told no revision: ${output.slice(0, 300)}`);
  return {
    kind: 'restored',
    revision,
    counts: new Map(lines.flatMap(([word, prefix = '', count = '']) => (word === 'keys' ? [[prefix, Number(count)] as const] : []))),
    there: lines.flatMap(([word, key = '', state]) => (word === 'key' && state === 'there' ? [key] : [])),
  };
}

/** The snapshots among the files of a folder: `etcd-backup-DATE-TIME.db`, encrypted or not; a name without a date is none. */
export function snapshotsIn(files: readonly string[]): string[] {
  return files.filter((file) => /^etcd-backup-\d{8}-\d{6}\.db(?:\.gpg)?$/.test(file)).toSorted();
}
