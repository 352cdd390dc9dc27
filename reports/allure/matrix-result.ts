import { Stage } from 'allure-js-commons';
import type { TestResult } from 'allure-js-commons';
import type { ConnectionMatrix, RunRecord } from '../../harness/engine/run-record.ts';
import { durationText } from '../duration.ts';
import { matrixCsv } from '../matrix/matrix-csv.ts';
import { matrixPictures } from '../matrix/matrix-pictures.ts';
import { countsText } from '../matrix/matrix-text.ts';
import { oneLine } from '../plain-text.ts';
import type { AllureResult } from './allure-result.ts';
import { matrixArea } from './areas.ts';
import { referenceTo, wholeFile } from './attachment.ts';
import { identityOf } from './identity.ts';
import { verdictLabel } from './labels.ts';
import { markdownText } from './markdown.ts';

/**
 * One connection matrix, shown once beside the promises that are read from it. It has no status, which Allure calls unknown:
 * it is evidence and in no count of promises.
 */
export function matrixResult({ run, cluster }: RunRecord, matrix: ConnectionMatrix): AllureResult {
  const uuid = identityOf(run.id, 'connection matrix', matrix.state, matrix.measuredAt);
  const identity = identityOf('connection matrix', matrix.state, cluster.provider, cluster.profile);
  const files = [
    ...matrixPictures(matrix).map(({ title, svg }) => wholeFile(uuid, { name: title, type: 'image/svg+xml', content: svg })),
    wholeFile(uuid, { name: 'connection matrix', type: 'text/csv', content: matrixCsv(matrix) }),
  ];
  const start = Date.parse(matrix.measuredAt);
  const result: TestResult = {
    uuid,
    historyId: identity,
    testCaseId: identity,
    fullName: `connection-matrix/${oneLine(matrix.state)}`,
    titlePath: [matrixArea],
    name: `Connection matrix: ${oneLine(matrix.state)} [evidence]`,
    statusDetails: {},
    stage: Stage.FINISHED,
    description: descriptionOf(matrix),
    labels: [
      { name: 'parentSuite', value: matrixArea },
      { name: 'suite', value: oneLine(`State: ${matrix.state}`) },
      verdictLabel('evidence'),
      { name: 'tag', value: 'evidence' },
    ],
    links: [],
    parameters: [],
    steps: [],
    attachments: files.map(referenceTo),
    start,
    stop: start + matrix.durationMs,
  };
  return { result, files };
}

function descriptionOf(matrix: ConnectionMatrix): string {
  const { state, measuredAt, durationMs, sources, targets } = matrix;
  return [
    `**State of the policies:** ${markdownText(state)}`,
    `**Measured:** ${markdownText(measuredAt)}, in ${durationText(durationMs)}`,
    `**Size:** ${sources.length} sources, ${targets.length} targets: ${markdownText(countsText(matrix))}`,
    '**What this is:** evidence, no promise, so it is in no count. A cell says what came of an attempt, not whether it should have: the promises say that, and those that are read from here name the time of the measurement.',
  ].join('\n\n');
}
