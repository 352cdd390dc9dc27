import { Option } from 'commander';
import { capabilityNames, type Requirement } from '../harness/requirement.ts';
import { Problem, exitCode } from '../harness/problem.ts';
import { register } from '../suites/register.ts';

/** Which requirements a command is about; everything when nothing is given. */
export interface Selection {
  readonly suite?: readonly string[];
  readonly id?: readonly string[];
  readonly kind?: readonly string[];
  readonly needs?: readonly string[];
  readonly failed?: boolean;
}

const suites = [...new Set(register.map(({ suite }) => suite))];

export function selectionOptions(): Option[] {
  return [
    new Option('--suite <name...>', 'only these suites').choices(suites),
    new Option('--id <pattern...>', 'only requirements whose ID starts with this, for example NODE-VIP'),
    new Option('--kind <kind...>', 'only these kinds').choices(['static', 'active', 'disruptive', 'long']),
    new Option('--needs <capability...>', 'only requirements that need one of these').choices([...capabilityNames]),
  ];
}

/** The selected requirements in the register's order; a selection without any is a mistake of the user. */
export function select({ suite, id, kind, needs }: Selection, { failed }: { failed?: readonly string[] | undefined } = {}): readonly Requirement[] {
  const selected = register.filter(
    (each) =>
      (failed?.includes(each.id) ?? true) &&
      (suite?.includes(each.suite) ?? true) &&
      (id?.some((prefix) => each.id.startsWith(prefix.toUpperCase())) ?? true) &&
      (kind?.includes(each.kind) ?? true) &&
      (needs?.some((need) => (each.needs as readonly string[]).includes(need)) ?? true),
  );
  if (selected.length > 0) return selected;
  throw new Problem(exitCode.usage, { expected: 'a selection with at least one requirement', saw: 'none matches', next: '`conform list` shows all IDs, suites and kinds' });
}
