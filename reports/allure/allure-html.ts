import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { offlineHtml } from './offline-html.ts';

export interface AllureHtml {
  /** Folder of Allure results. */
  readonly results: string;
  /** Configuration of `allure generate`; the output folder is added to it. */
  readonly config: object;
  /** The page that is written. */
  readonly file: string;
}

/**
 * Makes one HTML file of Allure results, which opens from a disk, without a network.
 * The file appears whole or not at all; throws what `allure generate` printed when it fails, and the signal's reason when aborted.
 */
export async function writeAllureHtml({ results, config, file }: AllureHtml, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const work = await mkdtemp(join(tmpdir(), 'conform-allure-'));
  const part = `${file}.${process.pid}.part`;
  try {
    const html = await generate({ results, config, work }, signal);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(part, offlineHtml(html));
    await rename(part, file);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(part, { force: true });
  }
}

/** Runs Allure in a folder and with an environment of its own, so that no setting of the caller's reaches it. */
async function generate(
  { results, config, work }: { readonly results: string; readonly config: object; readonly work: string },
  signal: AbortSignal,
): Promise<string> {
  const output = join(work, 'report');
  await writeFile(join(work, 'allurerc.json'), JSON.stringify({ ...config, output }));
  const command = fileURLToPath(import.meta.resolve('allure'));
  await execa(process.execPath, [command, 'generate', '--config', 'allurerc.json', resolve(results)], {
    cwd: work,
    env: { HOME: work, TMPDIR: work, PATH: process.env['PATH'] ?? '' },
    extendEnv: false,
    stdin: 'ignore',
    cancelSignal: signal,
  });
  return await readFile(join(output, 'index.html'), 'utf8');
}
