import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { freeGiB } from '../provision/lab/cache/free-disk.ts';
import { makeFolder } from '../provision/make-folder.ts';

/** A report of all checks with its matrices and diagnoses takes some ten MiB, and Allure as much again while it is written. */
const neededMiB = 100;

/** Makes the folder of the report, and tries whether it can be written: before anything is built, and before the first check. Throws a Problem. */
export async function prepareReportFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    const probe = join(folder, `.conform-${process.pid}`);
    await writeFile(probe, 'x');
    await rm(probe);
  } catch (error) {
    throw refused(folder, (error as Error).message, error);
  }
  const freeMiB = Math.floor((await freeGiB(folder)) * 1024);
  if (freeMiB < neededMiB) throw refused(folder, `${freeMiB} MiB free on its disk, and a report may take ${neededMiB} MiB`);
}

function refused(folder: string, saw: string, cause?: unknown): Problem {
  return new Problem(
    exitCode.usage,
    {
      expected: `a folder for the report that can be written: ${resolve(folder)}`,
      saw,
      next: 'give another one with --report, or free its disk',
    },
    cause,
  );
}
