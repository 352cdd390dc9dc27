import { Stage, Status } from 'allure-js-commons';
import type { TestResult } from 'allure-js-commons';
import type { RunRecord, StepOutcome } from '../../harness/engine/run-record.ts';
import { paragraphs } from '../explanation.ts';
import { oneLine } from '../plain-text.ts';
import { buildArea } from './areas.ts';
import { identityOf } from './identity.ts';
import { verdictLabel } from './labels.ts';
import { markdownText } from './markdown.ts';

/** A step of the guide that failed while this cluster was built, shown beside the promises though it is none. */
export function failedGuideStep({ run, cluster }: RunRecord, step: StepOutcome): TestResult {
  const identity = identityOf('guide step', step.id, cluster.provider, cluster.profile);
  const start = Date.parse(run.startedAt);
  return {
    uuid: identityOf(run.id, 'guide step', step.id),
    historyId: identity,
    testCaseId: identity,
    fullName: `guide/${step.id}`,
    titlePath: [buildArea],
    name: `${oneLine(step.id)}  ${oneLine(step.title)} [guide step failed]`,
    status: Status.FAILED,
    statusDetails: { message: messageOf(step) },
    stage: Stage.FINISHED,
    description: descriptionOf(step),
    labels: [
      { name: 'parentSuite', value: buildArea },
      { name: 'suite', value: oneLine(`Guide: ${step.guide}`) },
      verdictLabel('guide-step'),
      { name: 'tag', value: 'guide-step' },
      ...(step.erratum === undefined ? [] : [{ name: 'tag', value: step.erratum }]),
    ],
    links: [],
    parameters: [],
    steps: [],
    attachments: [],
    start,
    stop: start + step.durationMs,
  };
}

function messageOf(step: StepOutcome): string {
  const saw = { label: 'Saw', text: step.detail || 'no output' } as const;
  return paragraphs(step.erratum === undefined ? [saw] : [saw, { label: 'Erratum', text: step.erratum }]);
}

function descriptionOf(step: StepOutcome): string {
  return [
    `**Step of the guide:** ${markdownText(step.title)}`,
    `**Guide:** ${markdownText(step.guide)}`,
    '**Outcome: failed.** This step was carried out while the cluster was built, and it failed. It is a step and not a promise, so it is in no count of promises.',
    `**Erratum:** ${step.erratum === undefined ? 'none is known for this.' : markdownText(step.erratum)}`,
  ].join('\n\n');
}
