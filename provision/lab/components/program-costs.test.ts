import { expect, it } from 'vitest';
import { upstreams } from './catalogue.ts';
import { plansOf, programCosts } from './program-costs.ts';
import { longestFirst, parallelismOf, secondsOf } from './schedule.ts';

const titles = upstreams.flatMap(({ name, binaries }) => binaries.map((binary) => `${name}/${binary.name}`));

it('has the cost of each program of the catalogue, and of no other', () => {
  expect(Object.keys(programCosts).toSorted()).toEqual(titles.toSorted());
});

it.each(Object.entries(programCosts))('%s: a chain is a part of the packages', (_, { packages, compile, chain, link }) => {
  expect(chain).toBeLessThanOrEqual(compile);
  expect(Math.min(packages, compile, chain, link)).toBeGreaterThanOrEqual(0);
});

it('plans a program that nobody has measured, too', () => {
  const [plan] = plansOf([{ name: 'new', binaries: [{ name: 'program' }] }]);
  expect(plan?.programs).toMatchObject([{ title: 'new/program' }]);
});

it.each([2, 4, 8])('%d quiet processors: longest first takes no longer than the order of the catalogue', (processors) => {
  const parallelism = parallelismOf({ processors, memoryGiB: 4 * processors });
  const plans = plansOf(upstreams);
  expect(secondsOf(longestFirst(plans, parallelism), parallelism)).toBeLessThanOrEqual(secondsOf(plans, parallelism) + 1);
});
