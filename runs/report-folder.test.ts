import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitCode } from '../harness/engine/problem.ts';
import { makeFolder } from '../provision/make-folder.ts';
import { prepareReportFolder } from './report-folder.ts';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'conform-report-folder-'));
});
afterEach(async () => {
  await chmod(place, 0o700);
  await rm(place, { recursive: true });
});

describe('the folder of a report', () => {
  it('is made with those above it, and left empty', async () => {
    await prepareReportFolder(join(place, 'a/b/c'));
    expect(await readdir(join(place, 'a/b/c'))).toEqual([]);
  });

  it('keeps what is in it', async () => {
    await writeFile(join(place, 'record.json'), '{}');
    await prepareReportFolder(place);
    expect(await readdir(place)).toEqual(['record.json']);
  });

  it.each(['/proc/conform/report', '/proc/report', '/sys/report', '/dev/null/report', '/dev/null', '/proc'])(
    'is refused at once when it is %s',
    async (folder) => {
      await expect(prepareReportFolder(folder)).rejects.toMatchObject({
        code: exitCode.usage,
        text: { expected: expect.stringContaining(folder), next: expect.stringContaining('--report') },
      });
    },
  );

  it.skipIf(process.getuid?.() === 0)('is refused when it may not be written', async () => {
    await chmod(place, 0o500);
    await expect(prepareReportFolder(place)).rejects.toMatchObject({ code: exitCode.usage });
  });
});

it('a folder is made with its mode', async () => {
  await makeFolder(join(place, 'private'), 0o700);
  expect((await stat(join(place, 'private'))).mode & 0o777).toBe(0o700);
});
