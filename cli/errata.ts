import { Command } from 'commander';
import { type Erratum, errata } from '../guide/errata.ts';
import { Problem, exitCode } from '../harness/problem.ts';
import { register } from '../suites/register.ts';

export const errataCommand = new Command('errata')
  .description("Show where the guide's own steps cannot keep its promises, and the smallest correction of each")
  .argument('[id...]', 'for example E19 E23; all when left out')
  .option('--json', 'as JSON')
  .action((ids: string[], { json }: { json?: true }) => {
    const wanted = ids.map((id) => id.toUpperCase());
    const unknown = wanted.filter((id) => errata.every((each) => each.id !== id));
    if (unknown.length > 0) throw new Problem(exitCode.usage, { expected: `IDs from ${errata[0]?.id} to ${errata.at(-1)?.id}`, saw: unknown.join(', '), next: '`conform errata` lists them all' });
    const selected = errata.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
    process.stdout.write(json ? `${JSON.stringify(selected, undefined, 2)}\n` : selected.map(text).join('\n'));
  });

function text({ id, section, does, happens, correction }: Erratum): string {
  const checked = register.filter((requirement) => requirement.asWritten?.errata.includes(id)).map((requirement) => requirement.id);
  const proven = checked.length === 0 ? '' : `  Checked by  ${checked.join(', ')}\n`;
  return `${id}  ${section}\n  The guide   ${does}\n  In fact     ${happens}\n  Correction  ${correction}\n${proven}`;
}
