import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shellFiles } from './shell-files.ts';

const product = join(import.meta.dirname, '../..');
const files = shellFiles(product);

describe('the shell programs', () => {
  it.each(['conform', '.ci/run', 'provision/lab/site/init.sh', 'provision/lab/node/service/etcd/run'])('have %s among them', (file) => {
    expect(files).toContain(file);
  });

  it("have none of the scripts that are the guide's own", () => {
    expect(files.filter((file) => file.includes('as-written'))).toEqual([]);
  });

  it('are all files that begin as a shell program does', () => {
    const all = globSync(['*', '.ci/*', '{bench,cli,docs,guide,harness,provision,reports,runs,suites}/**/*'], {
      cwd: product,
      exclude: ['**/node_modules/**'],
    });
    const begin = all.filter(
      (file) => statSync(join(product, file)).isFile() && /^#!.*\b(ba)?sh\n/.test(readFileSync(join(product, file), 'latin1').slice(0, 60)),
    );
    expect(begin.filter((file) => !files.includes(file) && !file.includes('/as-written/'))).toEqual([]);
  });
});
