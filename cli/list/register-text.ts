import { documentedCluster } from '../../guide/cluster.ts';
import { type Requirement, promiseText } from '../../harness/engine/requirement.ts';
import { optionOfCapability } from '../../provision/options.ts';
import type { Group } from './groups.ts';

/** The register for a terminal. */
export function registerText(groups: readonly Group[]): string {
  return groups
    .map(({ name, requirements }) => `${name}: ${countText(requirements.length)}\n${requirements.map(lines).join('')}`)
    .join('\n');
}

export function countText(count: number): string {
  return `${count} requirement${count === 1 ? '' : 's'}`;
}

function lines({ id, kind, severity, promise, guide, needs, asWritten }: Requirement): string {
  const explained = asWritten === undefined ? '' : `      as written ${asWritten.verdict} by ${asWritten.errata.join(' ')}\n`;
  return `  ${id.padEnd(32)}  ${kind.padEnd(10)}  ${severity.padEnd(8)}  needs ${needs.map(needText).join(' ') || 'nothing'}\n      ${promiseText(promise, documentedCluster('corrected'))}\n      guide ${guide.join('; ')}\n${explained}`;
}

/** A need that a lab has only with an option of the guide says so. */
function needText(capability: string): string {
  const option = optionOfCapability[capability];
  return option === undefined ? capability : `${capability} (--with ${option})`;
}
