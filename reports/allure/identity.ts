import { createHash } from 'node:crypto';

/** A stable hexadecimal identity of these parts; equal parts in the same order give the same identity. */
export function identityOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
