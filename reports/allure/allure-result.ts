import { Stage } from 'allure-js-commons';
import type { TestResult } from 'allure-js-commons';
import type { Result, RunRecord } from '../../harness/run-record.ts';
import { explanationsOf, paragraphs } from '../explanation.ts';
import { outcomeOf } from '../outcome.ts';
import { oneLine } from '../plain-text.ts';
import { standIns } from '../stand-ins.ts';
import { allureStatus } from './allure-status.ts';
import { areaTitle } from './areas.ts';
import { attachmentOf } from './attachment.ts';
import type { AttachmentFile } from './attachment.ts';
import { descriptionOf } from './description.ts';
import { evidenceStep } from './evidence-step.ts';
import { identityOf } from './identity.ts';
import { labelsOf } from './labels.ts';

/** One result as Allure reads it, and the files that it refers to. */
export interface AllureResult {
  readonly result: TestResult;
  readonly files: readonly AttachmentFile[];
}

/** Maps one result; the identity is the same in every run of this requirement on this provider and profile. */
export function allureResult({ run, cluster }: RunRecord, result: Result): AllureResult {
  const { id, suite } = result.requirement;
  const uuid = identityOf(run.id, id);
  const evidence = result.observations.map((observation, index) => evidenceStep(`${uuid} ${index}`, observation));
  const own = ownJson(uuid, result);
  const start = Date.parse(result.startedAt);
  const identity = identityOf(id, cluster.provider, cluster.profile);
  const mapped: TestResult = {
    uuid,
    historyId: identity,
    testCaseId: identity,
    fullName: `${suite}/${id}`,
    titlePath: [areaTitle(suite)],
    name: titleOf(result),
    status: allureStatus[outcomeOf(result)],
    statusDetails: result.verdict.kind === 'kept' ? {} : { message: messageOf(result) },
    stage: Stage.FINISHED,
    description: descriptionOf(result),
    labels: labelsOf(result),
    links: [],
    parameters: [],
    steps: evidence.map(({ step }) => step),
    attachments: [{ name: own.name, type: own.type, source: own.source }],
    start,
    stop: start + result.durationMs,
  };
  return { result: mapped, files: [own, ...evidence.flatMap(({ files }) => files)] };
}

/** `ID  promise`, and after it what a passed status alone would hide. */
function titleOf(result: Result): string {
  const { id, promise } = result.requirement;
  const on = standIns(result);
  const notes = [
    ...(on === undefined ? [] : [outcomeOf(result) === 'rehearsed' ? `rehearsed on stand-in: ${on}` : `on stand-in: ${on}`]),
    ...(result.verdict.kind === 'waived' ? [`waived by ${result.verdict.owner} until ${result.verdict.until}`] : []),
    ...(result.verdict.kind === 'inconclusive' ? ['inconclusive'] : []),
  ];
  return `${oneLine(id)}  ${oneLine(promise)}${notes.map((note) => ` [${oneLine(note)}]`).join('')}`;
}

/** Expected, Saw, Next; an erratum only by its name, because the description tells it in full. */
function messageOf(result: Result): string {
  const explanations = explanationsOf(result).filter(({ label }) => label !== 'Erratum');
  const errata = result.errata.map(({ id, section }) => ({ label: 'Erratum', text: `${id} (${section})` }) as const);
  return paragraphs([...explanations, ...errata]);
}

/** The result's own JSON; raw values are left out, because each is attached to its step and would be in the file twice. */
function ownJson(owner: string, result: Result): AttachmentFile {
  const observations = result.observations.map(({ raw: _raw, ...rest }) => rest);
  return attachmentOf(owner, 'result in the run record, without raw values', { ...result, observations });
}
