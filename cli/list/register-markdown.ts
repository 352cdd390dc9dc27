import { documentedCluster } from '../../guide/cluster.ts';
import { type Requirement, promiseText } from '../../harness/engine/requirement.ts';
import type { Group } from './groups.ts';
import { countText } from './register-text.ts';

const columns = ['ID', 'Promise', 'Guide', 'Kind', 'Severity', 'Needs', 'As written'] as const;

/** The register as Markdown tables, one a group. */
export function registerMarkdown(groups: readonly Group[]): string {
  return groups
    .map(
      ({ name, requirements }) =>
        `## ${name} (${countText(requirements.length)})\n\n${row(columns)}${row(columns.map(() => '---'))}${requirements.map((each) => row(cells(each))).join('')}`,
    )
    .join('\n');
}

function cells({ id, promise, guide, kind, severity, needs, asWritten }: Requirement): string[] {
  const written = asWritten === undefined ? 'kept' : `${asWritten.verdict} ${asWritten.errata.join(', ')}`;
  return [id, promiseText(promise, documentedCluster('corrected')), guide.join('; '), kind, severity, needs.join(', '), written];
}

function row(texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll('|', String.raw`\|`)).join(' | ')} |\n`;
}
