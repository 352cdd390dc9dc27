import { beforeEach, describe, expect, it } from 'vitest';
import { BuildProgress, type Plan } from './progress.ts';
import type { ProgramCost } from './schedule.ts';

const cost = (compile: number, packages = 100): ProgramCost => ({ packages, compile, chain: 0, link: 0 });
const plan = (name: string, ...programs: [string, ProgramCost][]): Plan => ({
  name,
  programs: programs.map(([program, its]) => ({ title: `${name}/${program}`, ...its })),
});
/** On two processors each plan here takes as many minutes as it has work of two. */
const parallelism = { processors: 2, lanes: 2, packagesAtATime: 2 };

describe('BuildProgress', () => {
  let now = 0;
  const progress = (...plans: Plan[]): BuildProgress => new BuildProgress(plans, parallelism, () => now);
  const afterMinutes = (minutes: number): void => void (now += minutes * 60_000);

  beforeEach(() => {
    now = 0;
  });

  it('says what is built, how much is done and what is left', () => {
    const building = progress(
      plan('big', ['a', cost(600)], ['b', cost(600)]),
      plan('small', ['c', cost(60)], ['f', cost(60)]),
      plan('next', ['d', cost(120)]),
      plan('other', ['e', cost(120)]),
    );
    building.begin('big/a');
    building.end('big/a');
    building.begin('big/b');
    building.begin('small/c');
    building.skipRest('other');
    afterMinutes(6);
    expect(building.line()).toBe('about 7 min left; 2 of 6 done in 6 min 0 s; building big/b and small/c; then next');
  });

  it('says whose figures it counts with as long as this machine has told little', () => {
    const building = progress(plan('big', ['a', cost(1200)]));
    building.begin('big/a');
    expect(building.line()).toBe('about 10 min left by the figures of another machine; 0 of 1 done in 0 s; building big/a');
  });

  it('corrects itself by the packages of a program that is not done yet', () => {
    const building = progress(plan('big', ['a', cost(1200)]));
    building.begin('big/a');
    for (let count = 0; count < 10; count += 1) building.compiling('big/a');
    // A tenth in 10 minutes where one was planned: nearly 90 more, if the prior were not there.
    afterMinutes(10);
    expect(building.secondsLeft() / 60).toBeCloseTo((9 * 11) / 2, 1);
  });

  it('goes by the last ten minutes, when other work on the machine has ended', () => {
    const building = progress(plan('big', ['a', cost(2400)]));
    building.begin('big/a');
    const tick = (packages: number): void => {
      afterMinutes(1);
      for (let count = 0; count < packages; count += 1) building.compiling('big/a');
      building.secondsLeft();
    };
    for (let minute = 0; minute < 20; minute += 1) tick(0);
    for (let minute = 0; minute < 12; minute += 1) tick(5);
    expect(building.secondsLeft() / 60).toBeCloseTo(8, 1);
  });

  it('is not misled by a cache that has packages already', () => {
    const building = progress(plan('big', ['a', cost(1200)], ['b', cost(1200)]));
    building.begin('big/a');
    afterMinutes(1);
    building.end('big/a');
    expect(building.secondsLeft() / 60).toBeCloseTo((10 * 2) / 11, 1);
  });

  it('never counts a program as more than done', () => {
    const building = progress(plan('big', ['a', cost(1200, 3)]));
    building.begin('big/a');
    for (let count = 0; count < 10; count += 1) building.compiling('big/a');
    expect(building.secondsLeft()).toBe(0);
    expect(building.line()).toContain('about a minute left');
  });

  it('knows no program that was not planned', () => {
    expect(() => progress(plan('big', ['a', cost(1)])).begin('big/b')).toThrow('big/b was not planned');
  });
});
