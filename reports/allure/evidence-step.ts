import { Stage, Status } from 'allure-js-commons';
import type { StepResult } from 'allure-js-commons';
import type { Observation } from '../../harness/engine/run-record.ts';
import { paragraphs } from '../explanation.ts';
import { oneLine } from '../plain-text.ts';
import { attachmentOf, referenceTo } from './attachment.ts';
import type { AttachmentFile } from './attachment.ts';

/** One observation or control as a step, with the files that belong to it; `owner` names it within the run. */
export function evidenceStep(owner: string, observation: Observation): { step: StepResult; files: AttachmentFile[] } {
  const { role, subject, expected, saw, vantage, at, held, raw } = observation;
  const files = raw === undefined ? [] : [attachmentOf(owner, 'raw value', raw)];
  const time = Date.parse(at);
  const step: StepResult = {
    name: oneLine(`${role}: ${subject}: ${held ? 'held' : 'did not hold'}: saw ${saw}`),
    status: held ? Status.PASSED : Status.FAILED,
    statusDetails: held
      ? {}
      : {
          message: paragraphs([
            { label: 'Expected', text: expected },
            { label: 'Saw', text: saw },
          ]),
        },
    stage: Stage.FINISHED,
    steps: [],
    attachments: files.map(referenceTo),
    parameters: Object.entries({ expected, saw, 'seen from': vantage, at }).map(([name, value]) => ({ name, value: oneLine(value) })),
    start: time,
    stop: time,
  };
  return { step, files };
}
