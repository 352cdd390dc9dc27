import type { Trace } from '../../suites/trace.ts';

/** Every heading of the guide, indented as it is nested, with the IDs of the requirements that cover it. */
export function traceText({ covered, lost }: Trace): string {
  const headings = covered.map(({ heading: { level, text }, requirements }) => {
    const indent = '  '.repeat(level - 1);
    const ids = requirements.map(({ id }) => id);
    return `${indent}${text}${ids.length === 0 ? '  (no requirement)' : ''}\n${idLines(ids, `${indent}    `)}`;
  });
  const without = covered.filter(({ requirements }) => requirements.length === 0).length;
  const missing = lost.map(({ requirement, heading }) => `LOST  ${requirement.id} quotes "${heading}", which the guide does not have\n`);
  return `${headings.join('')}\n${covered.length} headings, ${covered.length - without} covered, ${without} without a requirement, ${lost.length} lost\n${missing.join('')}`;
}

const width = 100;

/** Words in lines of at most 100 columns. */
function idLines(ids: readonly string[], indent: string): string {
  const lines: string[] = [];
  for (const id of ids) {
    const last = lines.at(-1);
    if (last === undefined || indent.length + last.length + 1 + id.length > width) lines.push(id);
    else lines[lines.length - 1] = `${last} ${id}`;
  }
  return lines.map((line) => `${indent}${line}\n`).join('');
}
