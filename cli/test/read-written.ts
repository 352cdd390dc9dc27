import { readFile } from 'node:fs/promises';

/** The text of a file that a program was to write; undefined when it ended before it did. */
export async function readWritten(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
