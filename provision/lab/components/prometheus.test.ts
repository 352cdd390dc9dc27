import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { componentsInCache } from './build.ts';

const prometheus = (await componentsInCache()).components.binary('prometheus');
const manifest = join(import.meta.dirname, '../../steps/manifests/prometheus/scraping.yaml');

/** The configuration that the guide's step gives to the server. */
async function configuration(): Promise<string> {
  const objects = parseAllDocuments(await readFile(manifest, 'utf8')).map(
    (document) => document.toJS() as { kind: string; data?: Record<string, string> },
  );
  return objects.find(({ kind }) => kind === 'ConfigMap')?.data?.['prometheus.yml'] ?? '';
}

/** What Prometheus says of a configuration; it then ends by itself, since it can store nothing below a file. */
async function saysOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'prometheus.yml');
  await writeFile(file, text);
  const { all } = await execa(
    prometheus,
    [`--config.file=${file}`, '--storage.tsdb.path=/proc/version/data', '--web.listen-address=127.0.0.1:0'],
    { all: true, reject: false, timeout: 10_000 },
  );
  return all;
}

const refusal = 'Error loading config';
const ownEnd = 'create active query log directory';

describe.skipIf(!existsSync(prometheus))('Prometheus, as it is built', () => {
  it('reads its configuration: every service discovery in it is compiled in', async () => {
    const said = await saysOf(await configuration());
    expect([said.includes(refusal), said.includes(ownEnd)]).toEqual([false, true]);
  });

  it('refuses a service discovery that is not compiled in', async () => {
    expect(await saysOf((await configuration()).replace('dns_sd_configs', 'consul_sd_configs'))).toContain(refusal);
  });
});
