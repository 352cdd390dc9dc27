import { createHash } from 'node:crypto';

/** SHA-256 of the parts in their order, each with its length so that parts cannot run together: 16 hex digits. */
export function digest(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  }
  return hash.digest('hex').slice(0, 16);
}
