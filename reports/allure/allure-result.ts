import { Stage } from 'allure-js-commons';
import type { TestResult } from 'allure-js-commons';
import type { Result, RunRecord } from '../../harness/engine/run-record.ts';
import { explanationsOf, paragraphs } from '../explanation.ts';
import { outcomeOf } from '../outcome.ts';
import { oneLine } from '../plain-text.ts';
import { standIns } from '../stand-ins.ts';
import { allureStatus } from './allure-status.ts';
import { areaTitle } from './areas.ts';
import { attachmentOf, referenceTo, wholeFile } from './attachment.ts';
import type { AttachmentFile } from './attachment.ts';
import { descriptionOf } from './description.ts';
import { evidenceStep } from './evidence-step.ts';
import { identityOf } from './identity.ts';
import { labelsOf } from './labels.ts';
import { seriesFiles } from './series-files.ts';

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
  const files = [...seriesFiles(uuid, result.series), ...diagnosis(uuid, result), ownJson(uuid, result)];
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
    attachments: files.map(referenceTo),
    start,
    stop: start + result.durationMs,
  };
  return { result: mapped, files: [...files, ...evidence.flatMap((each) => each.files)] };
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

/** Expected, Saw, Next; an erratum only by its name and of samples nothing, because the description tells them in full. */
function messageOf(result: Result): string {
  const explanations = explanationsOf(result).filter(({ label }) => label !== 'Erratum' && label !== 'Sampled');
  const errata = result.errata.map(({ id, section }) => ({ label: 'Erratum', text: `${id} (${section})` }) as const);
  return paragraphs([...explanations, ...errata]);
}

/** What was collected to explain the verdict, in the order of the record; titles may be the same, names of files not. */
function diagnosis(owner: string, { attachments }: Result): AttachmentFile[] {
  return attachments.map(({ title, mediaType, text }, index) => ({
    ...wholeFile(`${owner} ${index}`, { name: oneLine(title), type: mediaType, content: text }),
  }));
}

/** The result's own JSON; raw values, samples and attached texts are left out, because each would be in the file twice. */
function ownJson(owner: string, result: Result): AttachmentFile {
  const observations = result.observations.map(({ raw: _raw, ...rest }) => rest);
  const series = result.series.map(({ samples, ...rest }) => ({ ...rest, samples: samples.length }));
  const attachments = result.attachments.map(({ title }) => title);
  return attachmentOf(owner, 'result in the run record, without raw values', { ...result, observations, series, attachments });
}
