import type { EngineConnection } from './dataconn.ts';

/** A message of the engine has 32 bits for a length. */
const unmapBytes = 2 ** 30;

/**
 * The kernel tells a file nothing that would tell a discard, which may do nothing, from zeroing. A rebuilding engine ignores an
 * unmap, and after a snapshot an unmapped part reads as the snapshot. What may be zeroing is read back therefore: file systems
 * zero pieces of at most 2 MiB (ext4's inode tables).
 */
const zeroingBytes = 4 * 2 ** 20;
const pieceBytes = 2 ** 18;

/** Frees a part of a volume. */
export async function discard(engine: EngineConnection, offset: number, length: number): Promise<void> {
  for (let at = 0; at < length; at += unmapBytes) await engine.unmap(offset + at, Math.min(unmapBytes, length - at));
  if (length > zeroingBytes) return;
  for (let at = 0; at < length; at += pieceBytes) await zero(engine, offset + at, Math.min(pieceBytes, length - at));
}

async function zero(engine: EngineConnection, offset: number, length: number): Promise<void> {
  const zeros = Buffer.alloc(length);
  const isZero = Buffer.concat(await engine.read(offset, length)).equals(zeros);
  if (!isZero) await engine.write(offset, zeros);
}
