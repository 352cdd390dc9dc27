import type { Upstream } from './catalogue.ts';
import type { Plan } from './progress.ts';
import type { ProgramCost } from './schedule.ts';

export const programCosts: Readonly<Record<string, ProgramCost>> = {};

/** For a program that is not in the list yet: about the middle of the list. */
const unmeasured: ProgramCost = { packages: 400, compile: 100, chain: 20, link: 4 };

/** What is to be built of some upstreams, with what each program costs. */
export function plansOf(
  upstreams: readonly (Pick<Upstream, 'name'> & { readonly binaries: readonly { readonly name: string }[] })[],
): Plan[] {
  return upstreams.map(({ name, binaries }) => ({
    name,
    programs: binaries.map((binary) => {
      const title = `${name}/${binary.name}`;
      return { title, ...(programCosts[title] ?? unmeasured) };
    }),
  }));
}
