import { z } from 'zod';
import type { CommandEnd } from '../cache/command.ts';
import type { ProgramCost } from './schedule.ts';

/** One step of a build as `go build -debug-actiongraph` writes it; times are of processors, in nanoseconds, absent where nothing ran. */
const action = z.object({
  ID: z.number(),
  Mode: z.string(),
  Deps: z.array(z.number()).nullish(),
  CmdUser: z.number().optional(),
  CmdSys: z.number().optional(),
});

type Action = z.infer<typeof action>;

/** What a program cost, from the graph of its build. Throws when it is not such a graph. */
export function costOf(actionGraph: string): ProgramCost {
  const actions = z.array(action).parse(JSON.parse(actionGraph));
  const compiled = actions.filter((each) => each.Mode === 'build' && secondsOf(each) > 0);
  const linked = actions.filter((each) => each.Mode === 'link');
  return {
    packages: compiled.length,
    compile: rounded(sum(compiled.map(secondsOf))),
    chain: rounded(longestChain(actions)),
    link: rounded(sum(linked.map(secondsOf))),
  };
}

/** Seconds of the longest chain of packages, each of which needs the one before. */
function longestChain(actions: readonly Action[]): number {
  const byId = new Map(actions.map((each) => [each.ID, each]));
  const chains = new Map<number, number>();
  const chainTo = (id: number): number => {
    const known = chains.get(id);
    if (known !== undefined) return known;
    const at = byId.get(id);
    const before = Math.max(0, ...(at?.Deps ?? []).map(chainTo));
    const chain = before + (at?.Mode === 'build' ? secondsOf(at) : 0);
    chains.set(id, chain);
    return chain;
  };
  return Math.max(0, ...actions.map(({ ID }) => chainTo(ID)));
}

function secondsOf({ CmdUser = 0, CmdSys = 0 }: Action): number {
  return (CmdUser + CmdSys) / 1e9;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

/** A line of `go build -v`, which is the path of a package alone; what else Go says has spaces in it. */
const packageLine = /^[\w.~+-]+(?:\/[\w.~+-]+)*$/;

/** The package that a line of `go build -v` names; undefined for what Go says otherwise. */
export function packageOf(line: string): string | undefined {
  return packageLine.test(line) ? line : undefined;
}

/** The end of a build without the names of the packages, so that its last lines are those that say why it failed. */
export function withoutPackages(end: CommandEnd): CommandEnd {
  if (end.kind === 'not-found') return end;
  const lines = end.output.split('\n').filter((line) => packageOf(line) === undefined);
  return { ...end, output: lines.join('\n') };
}
