import type { RunRecord } from '../harness/engine/run-record.ts';
import { clusterHeader } from './console/cluster-header.ts';
import { failedSteps } from './console/failed-steps.ts';
import { likelyCauses } from './console/likely-causes.ts';
import type { Paint } from './console/paint.ts';
import { painter } from './console/paint.ts';
import { suiteLines } from './console/suite-lines.ts';
import { totals } from './console/totals.ts';
import { bySuite } from './suites-of.ts';

/** The whole run as text for a terminal of 100 columns or a log; ends with a newline. */
export function consoleSummary(record: RunRecord, options: { colour: boolean }): string {
  const paint: Paint = painter(options.colour);
  const sections = [
    clusterHeader(record, paint),
    likelyCauses(record.causes, paint),
    failedSteps(record.cluster.steps, paint),
    ...bySuite(record.results).map(([suite, results]) => suiteLines(suite, results, paint)),
    totals(record, paint),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}
