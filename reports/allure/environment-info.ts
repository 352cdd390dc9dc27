import type { EnvironmentInfo } from 'allure-js-commons/sdk';
import type { Capability, RunRecord } from '../../harness/engine/run-record.ts';
import { answerOf } from '../answer.ts';
import { countOutcomes, countsText } from '../counts.ts';
import { coverageOf, coverageText } from '../coverage.ts';
import { oneLine } from '../plain-text.ts';
import { kubernetesText, nodesText } from '../survey-text.ts';
import { stepCountsText } from '../step-counts.ts';

/** The facts about the run on Allure's first page, one line each; Allure's writer escapes them. */
export function environmentInfo({ causes, cluster, matrices, results, run }: RunRecord): EnvironmentInfo {
  const entries: [string, string][] = [
    ...causes.map(({ part, evidence }, index): [string, string] => [`!! Likely cause ${index + 1}`, `${part}: ${evidence}`]),
    ['"Failed" here is', 'broken promise or guide step'],
    ['"Broken" here is', 'inconclusive, not tested'],
    ['"Passed" here is', 'kept, rehearsed or waived'],
    ['"Skipped" here is', 'not run'],
    ...(matrices.length === 0 ? [] : [['"Unknown" here is', 'evidence, no promise'] satisfies [string, string]]),
    ['Cluster', `${cluster.name}, provider ${cluster.provider}, profile ${cluster.profile}`],
    ['Kubernetes', kubernetesText(cluster.survey)],
    ['Nodes', nodesText(cluster.survey)],
    ["The guide's steps", stepCountsText(cluster.steps)],
    ['Answer', answerOf(results)],
    ['Verdicts', countsText(countOutcomes(results))],
    ['Coverage', coverageText(coverageOf(results))],
    ['Product', `conform ${run.product.version} (${run.product.revision})`],
    ['Run', `${run.id} at ${run.startedAt}: ${run.command}`],
    ...Object.entries(cluster.capabilities).map(([name, capability]): [string, string] => [
      `Capability ${name}`,
      capabilityText(capability),
    ]),
  ];
  return Object.fromEntries(entries.map(([name, value]) => [oneLine(name), oneLine(value)]));
}

function capabilityText(capability: Capability): string {
  switch (capability.kind) {
    case 'real':
      return `real, ${capability.version}`;
    case 'stand-in':
      return `stand-in for ${capability.for}: ${capability.reason}`;
    case 'absent':
      return `absent: ${capability.reason}`;
  }
}
