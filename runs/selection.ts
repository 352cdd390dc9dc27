import { matchesGlob } from 'node:path';
import type { Requirement } from '../harness/engine/requirement.ts';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { register } from '../suites/register.ts';

/** Which requirements a command is about; everything when nothing is given. */
export interface Selection {
  readonly suite?: readonly string[];
  readonly id?: readonly string[];
  readonly kind?: readonly string[];
  readonly needs?: readonly string[];
  readonly severity?: readonly string[];
  readonly erratum?: readonly string[];
  readonly shard?: Shard;
  readonly failed?: boolean;
}

/** The `index`-th of `count` parts of what is selected; from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** The selected requirements in the register's order; a selection without any is a mistake of the user. */
export function select(selection: Selection, { failed }: { failed?: readonly string[] | undefined } = {}): readonly Requirement[] {
  const part = selection.shard;
  const filtered = register.filter((each) => (failed?.includes(each.id) ?? true) && criteria(selection).every((isMet) => isMet(each)));
  const selected = part === undefined ? filtered : filtered.filter((_, index) => index % part.count === part.index - 1);
  if (selected.length > 0) return selected;
  throw new Problem(exitCode.usage, {
    expected: 'a selection with at least one requirement',
    saw: 'none matches',
    next: '`conform list` shows all IDs, suites and kinds',
  });
}

function matchesId(id: string, pattern: string): boolean {
  return pattern.includes('*') ? matchesGlob(id, pattern) : id.startsWith(pattern);
}

/** What an option that is not given leaves out is nothing. */
function criteria({ suite, id, kind, severity, needs, erratum }: Selection): ((each: Requirement) => boolean)[] {
  return [
    (each) => suite?.includes(each.suite) ?? true,
    (each) => id?.some((pattern) => matchesId(each.id, pattern.toUpperCase())) ?? true,
    (each) => kind?.includes(each.kind) ?? true,
    (each) => severity?.includes(each.severity) ?? true,
    (each) => needs?.some((need) => each.needs.includes(need)) ?? true,
    (each) => erratum?.some((name) => each.asWritten?.errata.includes(name)) ?? true,
  ];
}
