import { describe, expect, test } from 'vitest';
import type { Result } from '../../harness/engine/run-record.ts';
import type { Outcome } from '../outcome.ts';
import { sampleObservation, sampleRecord, sampleResult, sampleSeries, sampleVerdicts } from '../sample-record.ts';
import { allureResult } from './allure-result.ts';

const record = sampleRecord();
const standIn = { kind: 'stand-in', components: ['longhorn'] } as const;
const title = 'ISO-SAME-NAMESPACE-ALLOW  Pods of one tenant reach each other on any port and protocol, on one node and across nodes.';
const map = (changes: Partial<Omit<Result, 'requirement'>>): ReturnType<typeof allureResult>['result'] =>
  allureResult(record, sampleResult({}, { ...changes, basis: changes.basis ?? { kind: 'real' } })).result;

describe('a result for Allure', () => {
  test.each<[Outcome, Partial<Omit<Result, 'requirement'>>, string, string]>([
    ['kept', {}, 'passed', ''],
    ['rehearsed', { basis: { kind: 'stand-in', components: ['longhorn'] } }, 'passed', ' [rehearsed on stand-in: longhorn]'],
    ['broken', { verdict: sampleVerdicts.broken }, 'failed', ''],
    ['inconclusive', { verdict: sampleVerdicts.inconclusive }, 'broken', ' [inconclusive]'],
    ['not-run', { verdict: sampleVerdicts['not-run'] }, 'skipped', ''],
    ['waived', { verdict: sampleVerdicts.waived }, 'passed', ' [waived by storage team until 2026-09-30]'],
  ])('%s', (outcome, changes, status, suffix) => {
    const result = map(changes);
    expect(result.status).toBe(status);
    expect(result.name).toBe(title + suffix);
    expect(result.labels).toContainEqual({ name: 'verdict', value: outcome });
    expect(result.description).toContain(`**Verdict: ${outcome}.**`);
  });

  test('a result that was not run is on no stand-in, because nothing was looked at', () => {
    const result = map({ verdict: sampleVerdicts['not-run'], basis: { kind: 'stand-in', components: ['longhorn'] } });
    expect(result.name).toBe(title);
    expect(JSON.stringify(result.labels)).not.toContain('stand-in');
  });

  test('a broken result tells what was expected, what was seen and what to do', () => {
    const errata = [{ id: 'E19', section: 'Admin access Step 1', happens: 'denied', correction: 'Local' }];
    expect(map({ verdict: sampleVerdicts.broken, errata }).statusDetails.message).toBe(
      [
        'Expected  alice/client cannot connect to bob/web 10.244.180.2:80',
        'Saw       connected after 1 ms, 4 of 4 placements; controls held',
        'Next      kubectl -n canine-bob get networkpolicy: bob-admits-alice allows namespace canine-alice',
        'Erratum   E19 (Admin access Step 1)',
      ].join('\n'),
    );
  });

  test('labels say area, section, severity, kind, needs, stand-ins and errata', () => {
    const errata = [{ id: 'E19', section: 's', happens: 'h', correction: 'c' }];
    expect(map({ verdict: sampleVerdicts.broken, basis: { ...standIn, components: ['longhorn'] }, errata }).labels).toEqual([
      { name: 'parentSuite', value: 'Tenant isolation' },
      { name: 'suite', value: 'Guide: Step 6 (NetworkPolicy)' },
      { name: 'severity', value: 'normal' },
      { name: 'verdict', value: 'broken' },
      ...['stand-in: longhorn', 'active', 'needs: kubernetes', 'needs: calico', 'E19'].map((value) => ({ name: 'tag', value })),
    ]);
  });

  test('the evidence is its steps, each with its own verdict', () => {
    const observations = [sampleObservation(), sampleObservation({ role: 'control', held: true, saw: 'a\nb' })];
    const { result, files } = allureResult(record, sampleResult({}, { observations }));
    expect(result.steps.map(({ name, status }) => [name, status])).toEqual([
      ['observation: alice/client -> bob/web 10.244.180.2:80/tcp: did not hold: saw connected after 1 ms', 'failed'],
      ['control: alice/client -> bob/web 10.244.180.2:80/tcp: held: saw a b', 'passed'],
    ]);
    expect(result.status).toBe('passed');
    const referred = [...result.attachments, ...result.steps.flatMap((step) => step.attachments)].map(({ source }) => source);
    expect(new Set(referred).size).toBe(3);
    expect(new Set(files.map(({ source }) => source))).toEqual(new Set(referred));
  });

  test('has the same identity in every run of one provider and profile, and another elsewhere', () => {
    const other = sampleRecord({ run: { ...record.run, id: 'another' } });
    const elsewhere = sampleRecord({ cluster: { ...record.cluster, profile: 'corrected' } });
    const [first, second, third] = [record, other, elsewhere].map((of) => allureResult(of, sampleResult()).result);
    expect(second?.historyId).toBe(first?.historyId);
    expect(second?.uuid).not.toBe(first?.uuid);
    expect(third?.historyId).not.toBe(first?.historyId);
  });

  test('says what must turn it red', () => {
    expect(map({}).description).toContain('**Turns red when:** a policy denies all traffic within the namespace');
  });

  test('says that it was looked at more than once', () => {
    const { description, labels } = map({ attempts: 2 });
    expect(description).toContain('**Attempts:** decided by attempt 2: the one before could not look, or saw nothing come in time');
    expect(labels).toContainEqual({ name: 'tag', value: 'attempts: 2' });
  });

  test('has a picture and a table of what was sampled, and the words in its description', () => {
    const { result, files } = allureResult(record, sampleResult({}, { series: [sampleSeries(), sampleSeries({ name: 'kept open' })] }));
    expect(result.attachments.map(({ name, type }) => [name, type])).toEqual([
      ['what was sampled: timeline', 'image/svg+xml'],
      ['what was sampled: samples', 'text/csv'],
      ['result in the run record, without raw values', 'application/json'],
    ]);
    expect(files[0]?.content).toContain('kept open');
    expect(files[2]?.content).toContain('"samples": 120');
    expect(result.description).toMatch(/^- kept open .*longest gap 2\.4 s, 23 of 120 samples failed/m);
  });

  test('has one picture for each time when something was sampled', () => {
    const { result } = allureResult(
      record,
      sampleResult({}, { series: [sampleSeries(), sampleSeries({ startedAt: '2026-05-04T02:08:00.000Z' })] }),
    );
    expect(result.attachments.map(({ name }) => name).filter((name) => name.endsWith('timeline'))).toEqual([
      'what was sampled from 2026-05-04T02:00:00.000Z: timeline',
      'what was sampled from 2026-05-04T02:08:00.000Z: timeline',
    ]);
  });

  test('has the texts that explain it, also two of one title', () => {
    const attachments = ['a', 'b'].map((text) => ({ title: 'pods', mediaType: 'text/yaml' as const, text }));
    const { result, files } = allureResult(record, sampleResult({}, { attachments }));
    expect(files.slice(0, 2).map(({ name, type, content }) => [name, type, content])).toEqual([
      ['pods', 'text/yaml', 'a'],
      ['pods', 'text/yaml', 'b'],
    ]);
    expect(new Set(result.attachments.map(({ source }) => source)).size).toBe(3);
    expect(files[2]?.content).not.toContain('"text"');
  });

  test('leaves raw values out of its own JSON, because they are attached to the steps', () => {
    const { files } = allureResult(record, sampleResult({}, { observations: [sampleObservation({ raw: 'x'.repeat(70_000) })] }));
    expect(files.map(({ name }) => name)).toEqual(['result in the run record, without raw values', 'raw value (cut)']);
  });
});
