import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Result, RunRecord } from '../harness/engine/run-record.ts';
import { consoleSummary } from './console.ts';
import { sampleRecord, sampleResult, sampleSeries, sampleVerdicts } from './sample-record.ts';

const plain = (changes: Partial<RunRecord> = {}): string => consoleSummary(sampleRecord(changes), { colour: false });
const section = (heading: string, text: string): string => text.split('\n\n').find((part) => part.startsWith(heading)) ?? 'no such section';
const isolation = (...results: Result[]): string => section('isolation', plain({ results }));
const erratum = { id: 'E19', section: 'Admin access Step 1', happens: 'the admins are denied', correction: 'externalTrafficPolicy: Local' };
const deny = { id: 'ISO-CROSS-TENANT-DENY', guide: ['Tenant Isolation Model', 'Test Tenant Isolation'] };

describe('the summary', () => {
  test('begins with what was verified', () => {
    expect(section('conform', plain())).toBe(
      [
        'conform 0.1.0 (7f3a9c1)',
        '  Cluster   rehearsal, provider lab, profile as-written, Kubernetes v1.30.8',
        '  Nodes     cp01 192.168.29.11 control-plane, cp02 192.168.29.12 control-plane, w01 192.168.29.21',
        '            worker, w02 192.168.29.22 worker',
        '  Stand-ins longhorn',
        '  Absent    node-power',
        '  Run       20260504-0200-7f3a at 2026-05-04T02:00:00.000Z: ./conform rehearse',
      ].join('\n'),
    );
  });

  test('shows the steps of the guide that failed', () => {
    expect(section('The guide', plain())).toBe(
      [
        "The guide's steps: 1 done, 1 failed",
        'failed   talos-firewall  Restrict the Talos API  (Admin access Step 3)',
        '  Saw       unknown keys found during decoding:',
        '            machine:',
        '              network:',
        '                firewall: {}',
        '  Erratum   E06',
      ].join('\n'),
    );
  });

  test('says nothing of steps when none is known', () => {
    const { cluster } = sampleRecord();
    expect(plain({ cluster: { ...cluster, steps: [] } })).not.toContain("The guide's steps");
  });

  test('has one line for a kept promise', () => {
    expect(isolation(sampleResult())).toBe(
      'isolation\nkept       ISO-SAME-NAMESPACE-ALLOW    1.2 s  Pods of one tenant reach each other on any port and p…',
    );
  });

  test('never calls a promise on a stand-in kept', () => {
    const result = sampleResult({ id: 'STOR-QUOTA' }, { basis: { kind: 'stand-in', components: ['longhorn', 'canine'] }, durationMs: 840 });
    expect(isolation(result)).toBe(
      'isolation\nrehearsed  STOR-QUOTA   840 ms  Pods of one tenant reach each other on any port and protocol, on on…\n           on stand-in: longhorn, canine',
    );
  });

  test('says that a kept promise took more than one attempt', () => {
    expect(isolation(sampleResult({}, { attempts: 2 }))).toMatch(
      /\n {11}decided by attempt 2: the one before could not look, or saw nothing come in time$/,
    );
  });

  test('tells what was sampled under a broken promise', () => {
    expect(isolation(sampleResult(deny, { verdict: sampleVerdicts.broken, series: [sampleSeries()] }))).toContain(
      [
        '  Sampled   dashboard at its address: longest gap 2.4 s, 23 of 120 samples failed (timeout 23);',
        '            answered by echo-w01 before, by echo-w02 after',
      ].join('\n'),
    );
  });

  test('aligns promises below one another', () => {
    const rehearsed = sampleResult({ id: 'ISO-B' }, { basis: { kind: 'stand-in', components: ['canine'] } });
    const columns = isolation(sampleResult({ id: 'ISO-A' }), rehearsed)
      .split('\n')
      .filter((line) => line.includes('Pods'))
      .map((line) => line.indexOf('Pods'));
    expect(new Set(columns).size).toBe(1);
  });

  test('explains a broken promise', () => {
    expect(isolation(sampleResult(deny, { verdict: sampleVerdicts.broken, errata: [erratum] }))).toBe(
      [
        'isolation',
        'broken     ISO-CROSS-TENANT-DENY  (Tenant Isolation Model)',
        '  Expected  alice/client cannot connect to bob/web 10.244.180.2:80',
        '  Saw       connected after 1 ms, 4 of 4 placements; controls held',
        '  Next      kubectl -n canine-bob get networkpolicy: bob-admits-alice allows namespace canine-alice',
        '  Erratum   E19 (Admin access Step 1): the admins are denied -> externalTrafficPolicy: Local',
      ].join('\n'),
    );
  });

  test('names the stand-in under a broken promise', () => {
    const result = sampleResult(deny, { verdict: sampleVerdicts.broken, basis: { kind: 'stand-in', components: ['talos-api'] } });
    expect(isolation(result)).toContain('broken     ISO-CROSS-TENANT-DENY  (Tenant Isolation Model)  on stand-in talos-api\n');
  });

  test('gives the reason of an inconclusive result', () => {
    expect(isolation(sampleResult(deny, { verdict: sampleVerdicts.inconclusive }))).toBe(
      [
        'isolation',
        'inconclusive  ISO-CROSS-TENANT-DENY  (Tenant Isolation Model)',
        '  Reason    a control failed: bob/client does not reach bob/web',
        '  Next      kubectl -n canine-bob get pods -o wide',
      ].join('\n'),
    );
  });

  test('gives the reason of one result that was not run', () => {
    expect(isolation(sampleResult(deny, { verdict: sampleVerdicts['not-run'], errata: [erratum] }))).toBe(
      'isolation\nnot-run    ISO-CROSS-TENANT-DENY  needs node-power, which is absent: no power control was given (E19)',
    );
  });

  test('groups results that could not be decided for one reason', () => {
    const verdict = { kind: 'inconclusive', reason: 'could not look: the API does not answer', next: 'look at the nodes' } as const;
    expect(isolation(...['ISO-A', 'ISO-B'].map((id) => sampleResult({ id }, { verdict })))).toBe(
      [
        'isolation',
        'inconclusive  2 requirements:',
        '  ISO-A ISO-B',
        '  Reason    could not look: the API does not answer',
        '  Next      look at the nodes',
      ].join('\n'),
    );
  });

  test('groups results that were not run for one reason', () => {
    const ids = ['ISO-A', 'ISO-B', 'ISO-C'];
    expect(isolation(...ids.map((id) => sampleResult({ id }, { verdict: sampleVerdicts['not-run'] })))).toBe(
      ['isolation', 'not-run    3 requirements: needs node-power, which is absent: no power control was given', '  ISO-A ISO-B ISO-C'].join(
        '\n',
      ),
    );
  });

  test('says who waived a promise', () => {
    expect(isolation(sampleResult(deny, { verdict: sampleVerdicts.waived }))).toBe(
      [
        'isolation',
        'waived     ISO-CROSS-TENANT-DENY  (Tenant Isolation Model)',
        '  Saw       no backup target is configured',
        '  Waived    by storage team until 2026-09-30',
      ].join('\n'),
    );
  });

  test('ends with the totals', () => {
    expect(section('Totals', plain())).toBe(
      [
        'Totals',
        '  Verdicts  1 kept, 1 rehearsed, 2 broken, 1 inconclusive, 2 not-run, 1 waived',
        '  Coverage  5 of 8 selected requirements decided (62 %), 4 on real parts',
        '  Answer    2 promises are broken, 1 of them explained by errata of the guide: E19; 1 could not be',
        '            decided',
        '  Took      2 min 14 s',
        '',
      ].join('\n'),
    );
  });

  test('keeps every line of a long text under its label', () => {
    const verdict = {
      kind: 'broken',
      expected: 'one\ntwo',
      saw: `${'word '.repeat(30)}end`,
      next: `kubectl ${'x '.repeat(60)}\nsecond`,
    } as const;
    const lines = isolation(sampleResult(deny, { verdict })).split('\n').slice(2);
    expect(lines.every((line) => /^ {2}(?:Expected {2}|Saw {7}|Next {6}| {10})\S/.test(line))).toBe(true);
    expect(lines.filter((line) => !line.includes('kubectl')).every((line) => line.length <= 100)).toBe(true);
  });

  test('cannot be forged or recoloured by what a cluster printed', () => {
    const verdict = { kind: 'broken', expected: 'x', saw: 'seen\nkept     ISO-FORGED\r\u001b[2Jkept', next: 'y' } as const;
    const text = isolation(sampleResult({ id: 'ISO-A\nkept     ISO-B', promise: 'p\nq' }, { verdict }));
    expect(text).not.toMatch(/^kept/m);
    expect(text).not.toContain('\u001b');
  });

  test('has the same words with and without colour', () => {
    const coloured = consoleSummary(sampleRecord(), { colour: true });
    expect(coloured).toContain('\u001b[31mbroken\u001b[39m');
    expect(stripVTControlCharacters(coloured)).toBe(plain());
    expect(plain()).not.toContain('\u001b');
  });
});
