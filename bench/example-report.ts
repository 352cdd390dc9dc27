/** Writes docs/example-report anew: node bench/example-report.ts */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exampleReport } from '../reports/example-report.ts';
import { sampleRecord } from '../reports/sample-record.ts';

const folder = join(import.meta.dirname, '../docs/example-report');
await rm(folder, { recursive: true, force: true });
await mkdir(folder);
for (const [name, content] of exampleReport(sampleRecord())) await writeFile(join(folder, name), content);
