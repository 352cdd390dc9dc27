import { chmod, cp, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Copies files and folders of a Go module, with the modes that they have in upstream's repository. */
export async function copyModuleFiles(module: string, paths: readonly string[], target: string): Promise<void> {
  for (const path of paths) {
    await cp(join(module, path), join(target, path), { recursive: true });
    await restoreModes(join(target, path));
  }
}

/** Module archives keep no execute bits, and the module cache has no write bits. */
async function restoreModes(path: string): Promise<void> {
  if ((await stat(path)).isDirectory()) {
    await chmod(path, 0o755);
    for (const name of await readdir(path)) await restoreModes(join(path, name));
    return;
  }
  const isScript = (await readFile(path)).subarray(0, 2).toString() === '#!';
  await chmod(path, isScript ? 0o755 : 0o644);
}
