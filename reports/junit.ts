import type { Result, RunRecord } from '../harness/engine/run-record.ts';
import { explanationText } from './explanation.ts';
import { outcomeOf } from './outcome.ts';
import { oneLine } from './plain-text.ts';
import { standIns } from './stand-ins.ts';
import { bySuite } from './suites-of.ts';
import { xmlDocument } from './xml.ts';
import type { XmlElement } from './xml.ts';

/** The run as JUnit XML: broken is a failure, inconclusive an error, not-run skipped; the exact outcome is a property. */
export function junitXml(record: RunRecord): string {
  const { cluster, results, run } = record;
  return xmlDocument({
    name: 'testsuites',
    attributes: {
      name: `conform ${cluster.name} (${cluster.provider}, ${cluster.profile})`,
      ...counts(results),
      time: seconds(run.durationMs),
    },
    children: bySuite(results).map(([suite, members]) => testSuite(suite, members)),
  });
}

function testSuite(suite: string, results: readonly Result[]): XmlElement {
  const time = seconds(results.reduce((sum, result) => sum + result.durationMs, 0));
  return { name: 'testsuite', attributes: { name: suite, ...counts(results), time }, children: results.map(testCase) };
}

function testCase(result: Result): XmlElement {
  const { id, promise, suite } = result.requirement;
  return {
    name: 'testcase',
    attributes: { classname: suite, name: oneLine(`${id} ${promise}`), time: seconds(result.durationMs) },
    children: [properties(result), ...ending(result)],
  };
}

function properties(result: Result): XmlElement {
  const entries = {
    outcome: outcomeOf(result),
    severity: result.requirement.severity,
    'stand-ins': standIns(result),
    errata: result.errata.map((erratum) => erratum.id).join(' ') || undefined,
    waived: result.verdict.kind === 'waived' ? explanationText(result) : undefined,
  };
  const children = Object.entries(entries).flatMap(([name, value]) => (value === undefined ? [] : [property(name, value)]));
  return { name: 'properties', attributes: {}, children };
}

function property(name: string, value: string): XmlElement {
  return { name: 'property', attributes: { name, value }, children: [] };
}

/** The element that says how a test case ended; none when it passed. */
function ending(result: Result): XmlElement[] {
  const { verdict } = result;
  const text = explanationText(result);
  switch (verdict.kind) {
    case 'kept':
    case 'waived':
      return [];
    case 'broken':
      return [{ name: 'failure', attributes: { type: 'broken', message: oneLine(verdict.saw) }, children: [text] }];
    case 'inconclusive':
      return [{ name: 'error', attributes: { type: 'inconclusive', message: oneLine(verdict.reason) }, children: [text] }];
    case 'not-run':
      return [{ name: 'skipped', attributes: { message: oneLine(verdict.reason) }, children: [] }];
  }
}

function counts(results: readonly Result[]): Record<string, string> {
  const count = (kind: Result['verdict']['kind']): string => String(results.filter((result) => result.verdict.kind === kind).length);
  return { tests: String(results.length), failures: count('broken'), errors: count('inconclusive'), skipped: count('not-run') };
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3);
}
