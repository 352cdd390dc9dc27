import { describe, expect, test } from 'vitest';
import type { Result } from '../harness/engine/run-record.ts';
import { junitXml } from './junit.ts';
import { sampleRecord, sampleResult, sampleVerdicts } from './sample-record.ts';

const xmlOf = (changes: Partial<Omit<Result, 'requirement'>>): string => junitXml(sampleRecord({ results: [sampleResult({}, changes)] }));

describe('JUnit', () => {
  test('counts each verdict once', () => {
    expect(junitXml(sampleRecord())).toContain(
      '<testsuites name="conform rehearsal (lab, as-written)" tests="8" failures="2" errors="1" skipped="2" time="134.000">',
    );
  });

  test.each<[Result['verdict']['kind'], string | undefined]>([
    ['kept', undefined],
    ['waived', undefined],
    [
      'broken',
      '<failure type="broken" message="connected after 1 ms, 4 of 4 placements; controls held">Expected  alice/client cannot connect',
    ],
    ['inconclusive', '<error type="inconclusive" message="a control failed: bob/client does not reach bob/web">Reason    a control failed'],
    ['not-run', '<skipped message="needs node-power, which is absent: no power control was given"/>'],
  ])('%s', (kind, ending) => {
    const xml = xmlOf({ verdict: sampleVerdicts[kind] });
    expect(xml).toContain(`<property name="outcome" value="${kind}"/>`);
    expect(xml.match(/<(?:failure|error|skipped)[ >]/g)?.length ?? 0).toBe(ending === undefined ? 0 : 1);
    expect(xml).toContain(ending ?? '</properties>');
  });

  test('a rehearsed promise names its stand-ins', () => {
    const xml = xmlOf({ basis: { kind: 'stand-in', components: ['longhorn', 'canine'] } });
    expect(xml).toContain('<property name="outcome" value="rehearsed"/>');
    expect(xml).toContain('<property name="stand-ins" value="longhorn, canine"/>');
  });

  test('a waived promise says who waived it', () => {
    expect(xmlOf({ verdict: sampleVerdicts.waived })).toContain('Waived    by storage team until 2026-09-30');
  });

  test('what a cluster printed cannot end an element', () => {
    const verdict = { kind: 'broken', expected: 'x', saw: '"/></testcase>\n\u001b[31m<evil>', next: ']]>' } as const;
    expect(xmlOf({ verdict })).toContain('message="&quot;/&gt;&lt;/testcase&gt; &lt;evil&gt;"');
    expect(xmlOf({ verdict })).not.toContain('<evil>');
  });
});
