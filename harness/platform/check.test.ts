import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterDescriptor } from './descriptor.ts';
import { type Requirement, requirementsOf } from '../engine/requirement.ts';
import type { Result } from '../engine/run-record.ts';
import { createJournal } from '../engine/changes/journal.ts';
import { runChecks } from './run-checks.ts';

const harness = dirname(import.meta.dirname);
const importCheck = `import { baseCheck, fixture } from '${harness}/platform/check.ts';`;

const row = (...needs: string[]) => ({
  promise: 'It holds.',
  guide: ['Summary'] as const,
  severity: 'major' as const,
  kind: 'static' as const,
  needs,
  fault: 'Break it.',
});
const requirements = requirementsOf('trial', {
  'TRIAL-KEPT': row('kubernetes'),
  'TRIAL-STAND-IN': row('kubernetes', 'canine'),
  'TRIAL-BROKEN': { ...row('kubernetes'), asWritten: { verdict: 'broken', errata: ['E23'] } },
  'TRIAL-BROKEN-HINTED': row('kubernetes'),
  'TRIAL-BROKEN-HINT-FAILS': row('kubernetes'),
  'TRIAL-CONTROL': row('kubernetes'),
  'TRIAL-NOTHING': row('kubernetes'),
  'TRIAL-THROWS': row('kubernetes'),
  'TRIAL-THROWS-BROKEN': row('kubernetes'),
  'TRIAL-DEADLINE': row('kubernetes'),
  'TRIAL-ABSENT': row('kubernetes', 'longhorn'),
  'TRIAL-HOOK': row('kubernetes'),
  'TRIAL-FILE': row('kubernetes'),
  'TRIAL-NO-CHECK': row('kubernetes', 'canine'),
  'TRIAL-NO-CONTROL': row('kubernetes'),
  'TRIAL-TOUCHES': row(),
  'TRIAL-TOUCHES-ABSENT': row('kubernetes'),
  'TRIAL-FIXTURE': row(),
  'TRIAL-FLAKY': row('kubernetes'),
  'TRIAL-LATE': row('kubernetes'),
  'TRIAL-NOT-SELECTED': row('kubernetes'),
});
const selected = Object.values<Requirement>(requirements).filter(({ id }) => id !== 'TRIAL-NOT-SELECTED');

const seen = `{ subject: 'it', vantage: 'here', expected: 'yes', saw: 'yes', held: true }`;
const unseen = `{ subject: 'it', vantage: 'here', expected: 'yes', saw: 'no', held: false }`;

const files: Record<string, string> = {
  kubeconfig: `apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: nobody, user: {}}]
contexts: [{name: none, context: {cluster: none, user: nobody}}]
current-context: none
`,
  'vitest.config.ts': `export default { test: { root: ${JSON.stringify('FOLDER')}, include: ['**/*.check.ts'], reporters: ['${harness}/engine/runner/reporter.ts'], setupFiles: ['${harness}/engine/runner/tell-results.ts'], pool: 'threads', isolate: false, maxWorkers: 1, passWithNoTests: true, cache: false, maxConcurrency: 1000, testTimeout: 0 } };`,
  'decided.check.ts': `${importCheck}
const check = baseCheck;
const requirements = ${JSON.stringify(requirements)};
check(requirements['TRIAL-KEPT'], async ({ observe, control }) => { observe(${seen}); control(${seen}); });
check(requirements['TRIAL-STAND-IN'], async ({ observe, control }) => { observe(${seen}); control(${seen}); });
check(requirements['TRIAL-NO-CONTROL'], async ({ observe }) => observe(${seen}));
check(requirements['TRIAL-TOUCHES'], async ({ observe, control, cluster, signal }) => { await cluster.kubernetes.request({ method: 'GET', path: '/version' }, signal).catch(() => undefined); observe(${seen}); control(${seen}); });
check(requirements['TRIAL-TOUCHES-ABSENT'], async ({ observe, control, cluster }) => { observe(${seen}); control(${seen}); await cluster.runAsReader(['true'], new AbortController().signal).catch(() => undefined); });
const fixtures = { host: fixture({ name: 'host' }, async ({ cluster, signal }) => void (await cluster.kubernetes.request({ method: 'GET', path: '/version' }, signal).catch(() => undefined))) };
baseCheck.extend(fixtures)(requirements['TRIAL-FIXTURE'], async ({ observe, control }, { host }) => { observe(${seen}); control(${seen}); });
let looks = 0;
check(requirements['TRIAL-FLAKY'], async ({ observe, control }) => { looks += 1; if (looks === 1) throw new Error('busy'); observe(${seen}); control(${seen}); });
check(requirements['TRIAL-LATE'], async ({ observe, control }) => { observe({ ...${unseen}, late: true }); control(${seen}); });
check(requirements['TRIAL-BROKEN'], async ({ observe }) => observe(${unseen}));
check(requirements['TRIAL-BROKEN-HINTED'], async ({ observe, hint }) => { hint(async () => 'look at the pool'); observe(${unseen}); });
check(requirements['TRIAL-BROKEN-HINT-FAILS'], async ({ observe, hint }) => { hint(() => Promise.reject(new Error('no such pool'))); observe(${unseen}); });
check(requirements['TRIAL-CONTROL'], async ({ observe, control }) => { observe(${seen}); control(${unseen}); });
check(requirements['TRIAL-NOTHING'], async () => undefined);
check(requirements['TRIAL-THROWS'], async ({ observe }) => { observe(${seen}); throw new Error('connection lost'); });
check(requirements['TRIAL-THROWS-BROKEN'], async ({ observe }) => { observe(${unseen}); throw new TypeError('connection lost'); });
check(requirements['TRIAL-DEADLINE'], ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))), { deadlineMs: 50 });
check(requirements['TRIAL-ABSENT'], async ({ observe }) => observe(${seen}));
check(requirements['TRIAL-NOT-SELECTED'], async ({ observe }) => observe(${seen}));
`,
  'hook.check.ts': `import { beforeAll } from 'vitest';
${importCheck}
const check = baseCheck;
beforeAll(() => { throw new Error('pods did not start'); });
check(${JSON.stringify(requirements['TRIAL-HOOK'])}, async ({ observe }) => observe(${seen}));
`,
  'file.check.ts': `${importCheck}
const check = baseCheck;
throw new Error('this file does not load');
check(${JSON.stringify(requirements['TRIAL-FILE'])}, async ({ observe }) => observe(${seen}));
`,
};

const descriptor = (kubeconfig: string): ClusterDescriptor => ({
  schemaVersion: 1,
  provider: 'lab',
  name: 'lab',
  profile: 'as-written',
  kubeconfig,
  capabilities: {
    kubernetes: { kind: 'stand-in', for: 'Kubernetes', reason: 'a trial' },
    canine: { kind: 'stand-in', for: 'Canine', reason: 'a plain server' },
    longhorn: { kind: 'absent', reason: 'not there yet' },
  },
  vantages: [],
  runner: [],
  probe: '/agnhost',
  steps: [],
  diagnosis: [],
  patience: 2,
});

describe('a run of checks', { timeout: 60_000 }, () => {
  let folder = '';
  let results: Result[] = [];
  const said: string[] = [];
  const verdictOf = (id: string) => results.find(({ requirement }) => requirement.id === id)?.verdict;
  const resultOf = (id: string) => results.find(({ requirement }) => requirement.id === id);
  const run = (config: string, requirement: readonly Requirement[], signal = new AbortController().signal) =>
    runChecks(
      {
        runId: 'trial',
        command: 'conform verify',
        cluster: descriptor(join(folder, 'kubeconfig')),
        selected: requirement,
        config,
        journal: createJournal(folder, { runId: `trial-${randomUUID()}`, command: 'conform verify', cluster: 'lab' }),
        deadlineMs: 60_000,
        leaseWaitSeconds: 0,
      },
      { signal, say: (detail) => void said.push(detail) },
    ).then((outcome) => outcome.results);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-checks-'));
    await mkdir(join(folder, 'empty'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text.replace('FOLDER', folder));
    results = await run(join(folder, 'vitest.config.ts'), selected);
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true }));

  it('has one result for each selected requirement, in their order', () => {
    expect(results.map(({ requirement }) => requirement.id)).toEqual(selected.map(({ id }) => id));
  });

  it.each([
    ['TRIAL-KEPT', 'kept'],
    ['TRIAL-STAND-IN', 'kept'],
    ['TRIAL-BROKEN', 'broken'],
    ['TRIAL-BROKEN-HINTED', 'broken'],
    ['TRIAL-BROKEN-HINT-FAILS', 'broken'],
    ['TRIAL-CONTROL', 'inconclusive'],
    ['TRIAL-NOTHING', 'inconclusive'],
    ['TRIAL-THROWS', 'inconclusive'],
    ['TRIAL-THROWS-BROKEN', 'inconclusive'],
    ['TRIAL-DEADLINE', 'inconclusive'],
    ['TRIAL-ABSENT', 'not-run'],
    ['TRIAL-HOOK', 'inconclusive'],
    ['TRIAL-FILE', 'inconclusive'],
    ['TRIAL-NO-CHECK', 'inconclusive'],
    ['TRIAL-NO-CONTROL', 'inconclusive'],
    ['TRIAL-TOUCHES', 'kept'],
    ['TRIAL-TOUCHES-ABSENT', 'not-run'],
    ['TRIAL-FIXTURE', 'kept'],
    ['TRIAL-FLAKY', 'kept'],
    ['TRIAL-LATE', 'broken'],
  ])('comes for %s to %s', (id, kind) => {
    expect(verdictOf(id)?.kind).toBe(kind);
  });

  it.each([
    ['a failed control', 'TRIAL-CONTROL', 'a control failed: it: expected yes, saw no'],
    ['a thrown error', 'TRIAL-THROWS', 'could not look: connection lost'],
    ['the kind of a thrown error', 'TRIAL-THROWS-BROKEN', 'could not look: TypeError: connection lost'],
    ['a deadline', 'TRIAL-DEADLINE', 'could not look: it had not ended after 0.1 s'],
    ['what is absent', 'TRIAL-ABSENT', 'capability longhorn is absent: not there yet'],
    ['a failed hook', 'TRIAL-HOOK', 'pods did not start'],
    ['a file that does not load', 'TRIAL-FILE', 'this file does not load'],
  ])('gives as reason %s', (_, id, reason) => {
    expect(verdictOf(id)).toMatchObject({ reason: expect.stringContaining(reason) });
  });

  it('tells the hint of a broken verdict as what to do next', () => {
    expect(verdictOf('TRIAL-BROKEN-HINTED')).toMatchObject({ next: 'look at the pool' });
  });

  it('tells the heading of the guide where a check gives no hint', () => {
    expect(verdictOf('TRIAL-BROKEN')).toMatchObject({ next: 'compare with the guide: Summary' });
  });

  it('says why the hint of a broken verdict could not be looked up', () => {
    expect(verdictOf('TRIAL-BROKEN-HINT-FAILS')).toMatchObject({ next: expect.stringContaining('no such pool') });
  });

  it('keeps observations and controls as evidence', () => {
    expect(resultOf('TRIAL-CONTROL')?.observations).toMatchObject([
      { role: 'observation', held: true },
      { role: 'control', held: false },
    ]);
  });

  it('keeps what was observed before a check could look no longer', () => {
    expect(resultOf('TRIAL-THROWS')?.observations).toHaveLength(1);
  });

  it('says that a verdict rests on a stand-in', () => {
    expect(resultOf('TRIAL-STAND-IN')?.basis).toEqual({ kind: 'stand-in', components: ['Kubernetes', 'Canine'] });
  });

  it('says the basis also of a requirement without a check', () => {
    expect(resultOf('TRIAL-NO-CHECK')?.basis).toEqual({ kind: 'stand-in', components: ['Kubernetes', 'Canine'] });
  });

  it.each(['TRIAL-TOUCHES', 'TRIAL-FIXTURE'])('records what %s touched, and that its requirement does not declare it', (id) => {
    expect(resultOf(id)).toMatchObject({ touched: ['kubernetes'], undeclared: ['kubernetes'] });
  });

  it('says the basis of what was touched, declared or not', () => {
    expect(resultOf('TRIAL-TOUCHES')?.basis).toEqual({ kind: 'stand-in', components: ['Kubernetes'] });
  });

  it('is not run where it touches an absent capability, also where the error was caught', () => {
    expect(verdictOf('TRIAL-TOUCHES-ABSENT')).toMatchObject({ reason: expect.stringContaining('guide-scripts is absent') });
  });

  it('looks once more, and calls a check flaky whose second look differs', () => {
    expect(resultOf('TRIAL-FLAKY')).toMatchObject({ attempts: 2, flaky: true, attachments: [{ title: 'the first look' }] });
  });

  it('looks once more at a promise that is broken for nothing but time-outs; the same verdict is not flaky', () => {
    expect(resultOf('TRIAL-LATE')).toMatchObject({ attempts: 2, flaky: false });
  });

  it('looks once at a promise that is broken for another reason', () => {
    expect(resultOf('TRIAL-BROKEN')).toMatchObject({ attempts: 1, flaky: false });
  });

  it('explains a broken verdict by its errata on a cluster as written', () => {
    expect(resultOf('TRIAL-BROKEN')?.errata.map(({ id }) => id)).toEqual(['E23']);
  });

  it('shows how many are decided', () => {
    expect(said.at(-1)).toMatch(/^\d\d of 20: /);
  });

  it('is inconclusive for all when the runner does not start, and shows its last words', async () => {
    const [only] = await run(join(folder, 'no-such.config.ts'), [requirements['TRIAL-KEPT']]);
    expect(only?.verdict).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining('the runner ended before it') });
  });

  it('says that no check has the name when there is none', async () => {
    await writeFile(join(folder, 'empty/vitest.config.ts'), files['vitest.config.ts']?.replace('FOLDER', join(folder, 'empty')) ?? '');
    const [only] = await run(join(folder, 'empty/vitest.config.ts'), [requirements['TRIAL-KEPT']]);
    expect(only?.verdict).toMatchObject({ reason: 'could not look: no check with this name was found' });
  });

  it('is not started when it was interrupted before', async () => {
    const before = said.length;
    await run(join(folder, 'vitest.config.ts'), selected, AbortSignal.abort()).catch(() => undefined);
    expect(said.length).toBe(before);
  });

  it('ends by the signal when it is interrupted, with what was not decided by then inconclusive', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('interrupted')), 100);
    const all = await run(join(folder, 'vitest.config.ts'), selected, stop.signal);
    expect(all.map(({ verdict }) => ('reason' in verdict ? verdict.reason : ''))).toEqual(
      selected.map(() => expect.stringContaining('interrupted')),
    );
  });
});
