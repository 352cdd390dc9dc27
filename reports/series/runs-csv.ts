import type { SampledSeries } from '../../harness/engine/run-record.ts';
import { csv } from '../csv.ts';

/** The samples as a table, equal ones after another as one row; events stand among them. */
export function runsCsv(series: readonly SampledSeries[]): string {
  const rows = series.flatMap((each) =>
    runsOf(each).map(({ fromMs, toMs, samples, outcome, answeredBy }) => [each.name, fromMs, toMs, samples, outcome, answeredBy]),
  );
  const events = (series[0]?.events ?? []).map(({ atMs, text }) => ['event', atMs, atMs, 0, text, '']);
  return csv([['series', 'from ms', 'to ms', 'samples', 'outcome', 'answered by'], ...events, ...rows]);
}

interface SampleRun {
  readonly fromMs: number;
  toMs: number;
  samples: number;
  readonly outcome: string;
  readonly answeredBy: string;
}

function runsOf({ samples }: SampledSeries): SampleRun[] {
  const runs: SampleRun[] = [];
  for (const { atMs, outcome, answeredBy = '' } of samples) {
    const last = runs.at(-1);
    if (last === undefined || last.outcome !== outcome || last.answeredBy !== answeredBy) {
      runs.push({ fromMs: atMs, toMs: atMs, samples: 1, outcome, answeredBy });
      continue;
    }
    last.toMs = atMs;
    last.samples += 1;
  }
  return runs;
}
