import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The last lines of a file; empty when there is none. */
export async function tail(file: string, lines: number): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** Writes files below a folder, making folders as needed; a value is the file's text. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>, mode = 0o644): Promise<void> {
  await Promise.all(
    Object.entries(files).map(async ([path, text]) => {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode });
    }),
  );
}
