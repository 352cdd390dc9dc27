import type { Label } from 'allure-js-commons';
import type { Result } from '../../harness/engine/run-record.ts';
import type { Outcome } from '../outcome.ts';
import { outcomeOf } from '../outcome.ts';
import { oneLine } from '../plain-text.ts';
import { standIns } from '../stand-ins.ts';
import { areaTitle } from './areas.ts';

/** What the categories select by: an outcome, a step of the guide that failed, or evidence that decides nothing by itself. */
export type VerdictLabel = Outcome | 'guide-step' | 'evidence';

const severities = { critical: 'critical', major: 'normal', minor: 'minor' } as const;

/** The label that carries this product's own verdict. */
export function verdictLabel(value: VerdictLabel): Label {
  return { name: 'verdict', value };
}

/** The labels of one result: where it stands, how grave it is, and the words to filter by. */
export function labelsOf(result: Result): Label[] {
  const { suite, guide, severity } = result.requirement;
  return [
    { name: 'parentSuite', value: areaTitle(suite) },
    { name: 'suite', value: oneLine(`Guide: ${guide[0]}`) },
    { name: 'severity', value: severities[severity] },
    verdictLabel(outcomeOf(result)),
    ...tagsOf(result).map((value) => ({ name: 'tag', value })),
  ];
}

function tagsOf(result: Result): string[] {
  const { kind, needs } = result.requirement;
  const outcome = outcomeOf(result);
  const on = standIns(result);
  return [
    ...(outcome === 'rehearsed' || outcome === 'waived' || outcome === 'inconclusive' ? [outcome] : []),
    ...(on === undefined ? [] : [`stand-in: ${on}`]),
    ...(result.attempts > 1 ? [`attempts: ${result.attempts}`] : []),
    kind,
    ...needs.map((need) => `needs: ${need}`),
    ...result.errata.map((erratum) => erratum.id),
  ];
}
