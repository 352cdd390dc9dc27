import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../harness/engine/runner/events.ts';
import { runRecord } from '../harness/engine/run-record.ts';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import type { Phase } from '../provision/provider.ts';
import { lastRun } from './memory.ts';
import { saveRecord, writeReports } from './reports.ts';
import type { RunConsole } from './run-console.ts';
import { sampleRecord } from '../reports/sample-record.ts';
import { verify } from './verify.ts';

let place: string;
let interrupt: AbortController;
let events: RunEvent[];
let printed: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'conform-verify-'));
  vi.stubEnv('CONFORM_STATE', join(place, 'state'));
  interrupt = new AbortController();
  events = [];
  printed = '';
  await writeFile(
    join(place, 'kubeconfig'),
    `apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: nobody, user: {}}]
contexts: [{name: none, context: {cluster: none, user: nobody}}]
current-context: none
`,
  );
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(place, { recursive: true });
});

/** A cluster whose API nobody serves. */
const silentCluster = (): ClusterDescriptor => ({
  schemaVersion: 1,
  provider: 'none',
  name: 'silent',
  profile: 'corrected',
  kubeconfig: join(place, 'kubeconfig'),
  capabilities: { kubernetes: { kind: 'real', version: 'v1.30.8' }, calico: { kind: 'real', version: 'v3.28.5' } },
  vantages: [],
  runner: [],
  probe: '/agnhost',
  steps: [],
  diagnosis: [],
});
const phaseWith =
  (signal: AbortSignal): Phase =>
  async (_, run) =>
    run({ signal, say: () => undefined });
const userConsole = (hear: (event: RunEvent) => void = () => undefined): RunConsole => ({
  phase: phaseWith(interrupt.signal),
  lastPhase: phaseWith(new AbortController().signal),
  warn: () => undefined,
  print: (text) => void (printed += text),
  colour: false,
  listen: (event) => {
    events.push(event);
    hear(event);
  },
});
const options = () => ({ report: join(place, 'report'), id: ['NODE-ADDRESS-STATIC'], deadline: 1, wait: 0 });

describe('a run on a cluster that does not answer', { timeout: 180_000 }, () => {
  it('says so in the record, and nothing of it is from the guide', async () => {
    const { record, isInterrupted } = await verify(silentCluster(), options(), userConsole());
    const unknown = { kind: 'unknown', reason: expect.stringContaining('ECONNREFUSED') };
    expect(record.cluster).toMatchObject({
      survey: { kubernetesVersion: unknown, nodes: unknown },
      capabilities: {
        kubernetes: { version: expect.stringContaining('unknown') },
        calico: { version: expect.stringContaining('unknown') },
      },
    });
    expect([isInterrupted, record.results.map(({ verdict }) => verdict.kind)]).toEqual([false, ['inconclusive']]);
    expect(record.causes.map(({ part }) => part)).toContain('the Kubernetes API');
    expect(printed).toContain('Kubernetes unknown (');
    expect(runRecord.parse(JSON.parse(await readFile(join(place, 'report/record.json'), 'utf8')))).toEqual(record);
    expect((await readdir(join(place, 'report'))).toSorted()).toEqual(['diagnosis.txt', 'index.html', 'junit.xml', 'record.json']);
    expect(lastRun('silent')?.results['NODE-ADDRESS-STATIC']?.verdict).toBe('inconclusive');
    const told = events.map(({ kind }) => kind).filter((kind) => kind !== 'retried');
    expect(told).toEqual(['began', expect.anything(), expect.anything(), 'ended']);
    expect(told).toEqual(expect.arrayContaining(['surveyed', 'decided']));
    expect(await readdir(join(place, 'state/runs/journals'))).toEqual([]);
  });

  it('that is interrupted ends with what it learned', async () => {
    const { record, isInterrupted } = await verify(
      silentCluster(),
      options(),
      userConsole(() => interrupt.abort(new Error('interrupted'))),
    );
    expect([isInterrupted, record.results.map(({ verdict }) => verdict.kind)]).toEqual([true, ['inconclusive']]);
    expect(await readFile(join(place, 'report/record.json'), 'utf8')).toContain('the run was interrupted');
  });
});

describe('a record whose report cannot be written any more', () => {
  it('is saved in the state folder, and the message names it', async () => {
    const record = sampleRecord();
    const folder = '/proc/conform/report';
    const saved = await saveRecord(record, folder);
    expect(saved.file).toBe(join(place, 'state/runs/records', `${record.run.id}.json`));
    expect(runRecord.parse(JSON.parse(await readFile(saved.file, 'utf8')))).toEqual(record);
    await expect(writeReports(record, folder, saved, interrupt.signal)).rejects.toMatchObject({
      text: { next: expect.stringContaining(saved.file) },
    });
  });
});
