import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Each is a file of the house, and what it imports against the direction. */
const forbidden = [
  ['guide/a.ts', '../harness/engine/problem.ts'],
  ['guide/a.ts', '../provision/provider.ts'],
  ['harness/a.ts', '../suites/nodes/requirements.ts'],
  ['harness/a.ts', '../provision/provider.ts'],
  ['harness/a.ts', '../reports/console.ts'],
  ['harness/platform/a.ts', '../../cli/phase.ts'],
  ['harness/probe/a.ts', '../platform/cluster.ts'],
  ['harness/probe/sampling/a.ts', '../../platform/cluster.ts'],
  ['harness/engine/a.ts', '../platform/cluster.ts'],
  ['harness/engine/a.ts', '../probe/probe.ts'],
  ['harness/engine/runner/a.ts', '../../probe/probe.ts'],
  ['suites/nodes/a.check.ts', '../../provision/provider.ts'],
  ['suites/nodes/a.check.ts', '../../provision/lab/lab.ts'],
  ['suites/nodes/a.check.ts', '../../reports/console.ts'],
  ['suites/nodes/a.check.ts', '../../cli/phase.ts'],
  ['provision/lab/a.ts', '../../suites/nodes/requirements.ts'],
  ['provision/lab/a.ts', '../../reports/console.ts'],
  ['provision/steps/a.ts', './../../cli/phase.ts'],
  ['reports/allure/a.ts', '../../provision/provider.ts'],
  ['reports/a.ts', '../suites/nodes/requirements.ts'],
  ['reports/a.ts', '../guide/cluster.ts'],
  ['reports/a.ts', '../cli/phase.ts'],
  ['reports/a.ts', '../harness/platform/cluster.ts'],
  ['cli/a.ts', '../bench/leftovers.ts'],
  ['runs/a.ts', '../cli/phase.ts'],
  ['runs/a.ts', '../bench/leftovers.ts'],
  ['harness/a.ts', '../runs/verify.ts'],
  ['suites/nodes/a.check.ts', '../../runs/verify.ts'],
  ['provision/lab/a.ts', '../../runs/verify.ts'],
  ['reports/a.ts', '../runs/verify.ts'],
  ['runs/a.ts', '../provision/stand-ins/talos/vip.ts'],
  ['provision/stand-ins/talos/a.ts', '../../lab/network.ts'],
  ['provision/stand-ins/talos/a.ts', '../../lab/pki/authority.ts'],
  ['provision/stand-ins/talos/a.ts', '../../provider.ts'],
  ['provision/stand-ins/talos/api/a.ts', '../../../../suites/register.ts'],
  ['provision/lab/a.ts', '../stand-ins/talos/vip.ts'],
  ['suites/nodes/a.check.ts', '../../provision/stand-ins/talos/vip.ts'],
  ['cli/a.ts', '../provision/stand-ins/talos/vip.ts'],
  ['bench/a.ts', '../provision/stand-ins/talos/vip.ts'],
] as const;

const allowed = [
  ['harness/a.ts', '../guide/cluster.ts'],
  ['harness/platform/a.ts', '../probe/probe.ts'],
  ['harness/platform/b.ts', '../engine/problem.ts'],
  ['harness/probe/a.ts', '../engine/problem.ts'],
  ['harness/engine/a.ts', '../../guide/cluster.ts'],
  ['suites/nodes/a.check.ts', '../../harness/engine/problem.ts'],
  ['suites/nodes/b.check.ts', '../requirements.ts'],
  ['provision/lab/a.ts', '../../harness/engine/problem.ts'],
  ['provision/steps/a.ts', '../provider.ts'],
  ['reports/allure/a.ts', '../../harness/engine/run-record.ts'],
  ['reports/allure/b.ts', '../plain-text.ts'],
  ['cli/a.ts', '../provision/lab/lab.ts'],
  ['cli/b.ts', '../reports/console.ts'],
  ['cli/a.ts', '../runs/verify.ts'],
  ['runs/a.ts', '../provision/provider.ts'],
  ['runs/a.ts', '../reports/console.ts'],
  ['runs/a.ts', '../suites/register.ts'],
  ['runs/a.ts', '../harness/engine/problem.ts'],
  ['provision/lab/a.ts', '../stand-ins/bundle.ts'],
  ['provision/stand-ins/talos/a.ts', '../faults.ts'],
  ['provision/stand-ins/talos/a.ts', '../../../harness/engine/problem.ts'],
  ['provision/stand-ins/talos/api/a.ts', '../node/configuration.ts'],
] as const;

const forms = {
  value: (source: string) => `import { x } from '${source}';\nexport const y = x;\n`,
  type: (source: string) => `import type { X } from '${source}';\nexport type Y = X;\n`,
  're-export': (source: string) => `export { x } from '${source}';\n`,
  'dynamic import': (source: string) => `export const y = await import('${source}');\n`,
};
type Form = keyof typeof forms;
const formNames = Object.keys(forms) as Form[];

let house: string;
/** The files that the linter reported, relative to the house. */
let reported: Set<string>;

/** One run of the linter over a house of many files; overrides hold relative to the folder of the configuration. */
beforeAll(async () => {
  house = await mkdtemp(join(tmpdir(), 'import-directions-'));
  await copyFile(join(import.meta.dirname, '.oxlintrc.json'), join(house, '.oxlintrc.json'));
  for (const [file, source] of [...forbidden, ...allowed]) {
    for (const form of formNames) await write(caseFile(file, source, form), forms[form](source));
  }
  const linter = join(import.meta.dirname, 'node_modules/oxlint/bin/oxlint');
  // The house has no packages of its own: the linter finds its type-aware part on PATH.
  const env = { PATH: `${join(import.meta.dirname, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` };
  const { stdout } = await execa(process.execPath, [linter, '--format=json', '.'], { cwd: house, reject: false, env });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  reported = new Set(diagnostics.filter(({ code }) => code === 'eslint(no-restricted-imports)').map(({ filename }) => filename));
}, 60_000);

afterAll(() => rm(house, { recursive: true, force: true }));

describe('the linter refuses', () => {
  test.each(cases(forbidden))('%s importing %s as %s', (file, source, form) => {
    expect(reported).toContain(caseFile(file, source, form));
  });
});

describe('the linter accepts', () => {
  test.each(cases(allowed))('%s importing %s as %s', (file, source, form) => {
    expect(reported).not.toContain(caseFile(file, source, form));
  });
});

function cases(pairs: readonly (readonly [string, string])[]): [file: string, source: string, form: Form][] {
  return pairs.flatMap(([file, source]) => formNames.map((form): [string, string, Form] => [file, source, form]));
}

/** A name of its own in the same folder for every case. */
function caseFile(file: string, source: string, form: Form): string {
  return join(dirname(file), `${source.replaceAll(/[^a-z]/g, '')}-${formNames.indexOf(form)}-${basename(file)}`);
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(house, path)), { recursive: true });
  await writeFile(join(house, path), text);
}
