import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlannedUpstream, type ProgramCost, longestFirst, parallelismOf, secondsOf, workOf } from './schedule.ts';

const program = (compile: number, link = 0, chain = 0): ProgramCost => ({ packages: 10, compile, chain, link });
const upstream = (name: string, ...programs: ProgramCost[]): PlannedUpstream => ({ name, programs });
const on = (processors: number) => ({ ...parallelismOf({ processors, memoryGiB: 64 }) });

describe('parallelismOf', () => {
  it.each([
    ['one processor', 1, 8, 2, 2],
    ['two', 2, 8, 2, 2],
    ['four', 4, 16, 2, 4],
    ['eight', 8, 32, 4, 4],
    ['eight with little memory', 8, 8, 2, 8],
  ])('%s', (_, processors, memoryGiB, ...uses) => {
    const { lanes, packagesAtATime } = parallelismOf({ processors, memoryGiB });
    expect([lanes, packagesAtATime]).toEqual(uses);
  });
});

describe('secondsOf', () => {
  it.each([
    ['nothing', [], 0],
    ['packages on both processors', [upstream('a', program(100))], 50],
    ['a link on one', [upstream('a', program(0, 30))], 30],
    ['a chain that one processor must follow', [upstream('a', program(100, 0, 100))], 100],
    ['programs of one upstream, one after the other', [upstream('a', program(20, 5), program(20, 5))], 30],
    ["a link beside another's packages", [upstream('a', program(0, 30)), upstream('b', program(30))], 30],
    [
      'a third upstream when a lane is free',
      [upstream('a', program(0, 30)), upstream('b', program(0, 10)), upstream('c', program(0, 20))],
      30,
    ],
    ['an upstream with nothing left', [upstream('a'), upstream('b', program(10))], 5],
  ] satisfies [string, PlannedUpstream[], number][])('two processors take for %s', (_, upstreams, seconds) => {
    expect(secondsOf(upstreams, on(2))).toBeCloseTo(seconds, 3);
  });

  const costs = fc.record({
    compile: fc.integer({ min: 0, max: 500 }),
    chainShare: fc.double({ min: 0, max: 1, noNaN: true }),
    link: fc.integer({ min: 0, max: 20 }),
  });
  const anyUpstreams = fc.array(
    fc
      .array(costs, { minLength: 1, maxLength: 4 })
      .map((all) => upstream('x', ...all.map(({ compile, chainShare, link }) => program(compile, link, compile * chainShare)))),
    { maxLength: 12 },
  );

  it('is never shorter than the work shared by all processors, nor longer than the work on one', () => {
    fc.assert(
      fc.property(anyUpstreams, fc.integer({ min: 1, max: 16 }), (upstreams, processors) => {
        const [seconds, work] = [secondsOf(upstreams, on(processors)), workOf(upstreams)];
        expect(seconds).toBeGreaterThanOrEqual(work / processors - 0.01);
        expect(seconds).toBeLessThanOrEqual(work + 0.01);
      }),
    );
  });
});

describe('longestFirst', () => {
  it('counts what cannot be shared, not the work alone', () => {
    const [wide, narrow] = [upstream('wide', program(100)), upstream('narrow', program(80, 0, 80))];
    expect(longestFirst([wide, narrow], on(8)).map(({ name }) => name)).toEqual(['narrow', 'wide']);
  });

  it('takes no longer than the order of the alphabet where one is long', () => {
    const upstreams = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) => upstream(name, program(10 + index * 20, index)));
    expect(secondsOf(longestFirst(upstreams, on(2)), on(2))).toBeLessThanOrEqual(secondsOf(upstreams, on(2)));
  });
});
