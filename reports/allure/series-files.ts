import type { SampledSeries } from '../../harness/engine/run-record.ts';
import { runsCsv } from '../series/runs-csv.ts';
import { timelinePicture } from '../series/timeline-picture.ts';
import { attachmentOf, wholeFile } from './attachment.ts';
import type { AttachmentFile } from './attachment.ts';

/** A picture and a table for what was sampled together; series that began at one time share their axis. */
export function seriesFiles(owner: string, series: readonly SampledSeries[]): AttachmentFile[] {
  const together = [...Map.groupBy(series, ({ startedAt }) => startedAt)];
  return together.flatMap(([startedAt, members]) => {
    const of = together.length === 1 ? 'what was sampled' : `what was sampled from ${startedAt}`;
    const table = attachmentOf(owner, `${of}: samples`, runsCsv(members));
    return [
      wholeFile(owner, { name: `${of}: timeline`, type: 'image/svg+xml', content: timelinePicture(members) }),
      wholeFile(owner, { name: table.name, type: 'text/csv', content: table.content }),
    ];
  });
}
