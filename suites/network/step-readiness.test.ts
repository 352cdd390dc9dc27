import { describe, expect, it } from 'vitest';
import type { StepOutcome } from '../../harness/engine/run-record.ts';
import { madeDuringStep, stepReadiness } from './step-readiness.ts';

const unmeasured: StepOutcome = {
  id: 'metallb',
  title: 'MetalLB',
  guide: 'Install MetalLB',
  outcome: 'done',
  detail: '',
  startedAt: '2026-01-01T00:00:00Z',
  durationMs: 2_000,
};
const step: StepOutcome = {
  ...unmeasured,
  readyAfterMs: 301_000,
  workloads: [
    { workload: 'deployment/controller', namespace: 'metallb-system', readyAfterMs: 20_000 },
    { workload: 'daemonset/speaker', namespace: 'metallb-system', readyAfterMs: 301_000 },
  ],
};

describe('the readiness of a step', () => {
  it('does not hold when a workload was late, however fast the commands were', () => {
    expect(stepReadiness([step], 'metallb', { withinSeconds: 300 })).toMatchObject({ saw: 'after 301.0 s', held: false });
  });

  it('holds at the limit itself', () => {
    expect(stepReadiness([{ ...step, readyAfterMs: 300_000 }], 'metallb', { withinSeconds: 300 }).held).toBe(true);
  });

  it('can be that of one workload', () => {
    expect(stepReadiness([step], 'metallb', { workload: 'deployment/controller', withinSeconds: 300 })).toMatchObject({
      saw: 'after 20.0 s',
      held: true,
    });
  });

  it('does not hold when the step failed', () => {
    expect(stepReadiness([{ ...unmeasured, outcome: 'failed', detail: 'refused' }], 'metallb', { withinSeconds: 300 })).toMatchObject({
      saw: 'the step failed: refused',
      held: false,
    });
  });

  it.each([
    ['the step was not measured', unmeasured, undefined],
    ['the workload is not among those that were measured', step, 'deployment/other'],
  ])('cannot be told when %s', (_, outcome, workload) => {
    const limit = { withinSeconds: 300, ...(workload === undefined ? {} : { workload }) };
    expect(() => stepReadiness([outcome], 'metallb', limit)).toThrow('was not measured');
  });

  it('cannot be told when the record has no such step', () => {
    expect(() => stepReadiness([], 'metallb', { withinSeconds: 300 })).toThrow('has no step metallb');
  });
});

describe('an object of a step', () => {
  const at = (seconds: number): Date => new Date(Date.parse(step.startedAt) + seconds * 1000);

  it.each([
    ['while its commands ran', at(1), true],
    ['before everything was available', at(300), true],
    ['by a clock that is a little late', at(-20), true],
    ['an hour before', at(-3600), false],
    ['an hour later, when somebody installed it anew', at(3600), false],
  ])('that was made %s: the record is of this installation: %s', (_, made, expected) => {
    expect(madeDuringStep(step, { what: 'the DaemonSet', at: made }).held).toBe(expected);
  });

  it('that is not there is of no step', () => {
    expect(madeDuringStep(step, { what: 'the DaemonSet', at: undefined }).held).toBe(false);
  });
});
