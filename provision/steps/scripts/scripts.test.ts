import { execFile } from 'node:child_process';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { scriptCorrections } from '../scripts.ts';

const run = promisify(execFile);
const folder = import.meta.dirname;

const asWritten = [
  'apply-tenant-isolation.sh',
  'configuration-backup.sh',
  'etcd-snapshot.sh',
  'monthly-invoice.sh',
  'provision-tenant.sh',
  'tenant-cost-report.sh',
];

const corrections = Object.fromEntries(Object.entries(scriptCorrections).filter(([name]) => name.endsWith('.sh')));

const scripts = [...asWritten.map((name) => `as-written/${name}`), ...Object.keys(corrections).map((name) => `corrected/${name}`)];

async function read(name: string): Promise<string> {
  return await readFile(join(folder, name), 'utf8');
}

interface Applied {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** The documents that a script hands to kubectl, with NS as it would be. */
async function appliedBy(name: string): Promise<Applied[]> {
  const [, text = ''] = /apply -f - <<EOF\n(.*?)\nEOF$/ms.exec(await read(name)) ?? [];
  return parseAllDocuments(text.replaceAll('${NS}', 'canine-alice')).map((document) => document.toJS() as Applied);
}

it('are the ones that are listed here', async () => {
  const found = await Promise.all(
    ['as-written', 'corrected'].map(async (profile) =>
      (await readdir(join(folder, profile))).filter((name) => name.endsWith('.sh')).map((name) => `${profile}/${name}`),
    ),
  );
  expect(found.flat().toSorted()).toEqual(scripts.toSorted());
});

describe.each(scripts)('%s', (name) => {
  it('can be run', async () => {
    expect((await stat(join(folder, name))).mode & 0o111).toBe(0o111);
  });

  it('is bash without a syntax error', async () => {
    await expect(run('bash', ['-n', join(folder, name)])).resolves.toMatchObject({ stderr: '' });
  });
});

describe.each(Object.entries(corrections))('corrected/%s', (name, errata) => {
  it('names each erratum that it corrects, in a line of its own', async () => {
    const named = [...(await read(`corrected/${name}`)).matchAll(/^# {3}(E\d{2,3}) {1,2}\S.*$/gm)].map(([, erratum]) => erratum);
    expect(named).toEqual(errata);
  });

  it('stops at the first command that fails', async () => {
    expect(await read(`corrected/${name}`)).toMatch(/^set -euo pipefail$/m);
  });

  it('says on what cluster it acts', async () => {
    const lines = (await read(`corrected/${name}`)).replaceAll('\\\n', ' ').split('\n');
    const calls = lines.filter((line) => /^\s*(\||if .*\$\()?\s*(command )?kubectl\b/.test(line) && !line.includes('kubectl()'));
    const wrapped = lines.includes('kubectl() {');
    expect(calls.filter((line) => !line.includes('--kubeconfig=kubeconfig') && !wrapped)).toEqual([]);
  });
});

const shared = [
  'ResourceQuota/tenant-quota',
  'LimitRange/tenant-limits',
  'ServiceAccount/tenant-sa',
  'Role/tenant-role',
  'RoleBinding/tenant-rolebinding',
];

describe.each([
  ['as-written', ['NetworkPolicy/deny-all-default', 'NetworkPolicy/deny-admin-namespaces', ...shared]],
  ['corrected', ['NetworkPolicy/deny-all-default', 'NetworkPolicy/allow-published', ...shared]],
])('apply-tenant-isolation.sh, %s', (profile, objects) => {
  it('applies the seven objects of the template into the namespace', async () => {
    const applied = await appliedBy(`${profile}/apply-tenant-isolation.sh`);
    expect(applied.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual(objects);
    expect(new Set(applied.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['canine-alice']));
  });
});

describe('corrected/apply-tenant-isolation.sh', () => {
  it.each(['', 'canine', 'canine-', 'kube-system', 'Bad_Name', 'canine-Alice', 'canine-a\ncanine-b', '-n'])(
    'refuses the namespace %j before it calls kubectl',
    async (namespace) => {
      const script = join(folder, 'corrected/apply-tenant-isolation.sh');
      const attempt = run('bash', [script], { env: { NS: namespace, PATH: '/usr/bin:/bin' } });
      await expect(attempt).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/Refused: |Set NS/) });
    },
  );
});

describe('tenant-cost-report.sh', () => {
  const set = Object.fromEntries(
    Object.entries({ small: 0.000_012_34, none: 0, big: 0.5 }).map(([name, totalCost]) => [
      name,
      { cpuCost: 0, ramCost: 0, totalCost, cpuEfficiency: 0.5, ramEfficiency: 0.25 },
    ]),
  );

  /** The order of the rows, with OpenCost's answer in place of curl. */
  async function order(profile: string): Promise<string[]> {
    const answers = `curl() { echo '${JSON.stringify({ code: 200, data: [set] })}'; }; export -f curl; bash ${join(folder, profile, 'tenant-cost-report.sh')}`;
    const { stdout } = await run('bash', ['-c', answers]);
    return stdout.split('\n').flatMap((line) => /^(small|none|big) /.exec(line)?.[1] ?? []);
  }

  it('as written puts the smallest cost on top (erratum E75)', async () => {
    expect(await order('as-written')).toEqual(['small', 'big', 'none']);
  });

  it('corrected is ordered by cost', async () => {
    expect(await order('corrected')).toEqual(['big', 'small', 'none']);
  });
});

describe.each(['as-written', 'corrected'])('the values files, %s', (profile) => {
  it.each(['canine-values.yaml', 'opencost-values.yaml'])('%s is YAML', async (name) => {
    expect(parseAllDocuments(await read(`${profile}/${name}`)).map(({ errors }) => errors)).toEqual([[]]);
  });
});

describe('corrected/monthly-invoice.sh', () => {
  it.each(['2026-03-01', '2026-03-29', '2026-03-30', '2026-03-31'])('is of February when it runs on %s', async (today) => {
    const text = await read('corrected/monthly-invoice.sh');
    const dates = text.split('\n').filter((line) => /^(THIS_MONTH|MONTH|START|END)=/.test(line));
    const clock = `date() { if [[ "$*" == "-u +%Y-%m" ]]; then command date -u -d ${today}T12:00:00Z +%Y-%m; else command date "$@"; fi; }`;
    const { stdout } = await run('bash', ['-c', [clock, ...dates, 'echo "$START $END"'].join('\n')]);
    expect(stdout).toBe('2026-02-01T00:00:00Z 2026-03-01T00:00:00Z\n');
  });
});
