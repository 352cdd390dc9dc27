import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import type { CommandAnswer } from './command.ts';
import { Rollouts } from './rollouts.ts';
import { type StepContext, awaitReady, runSteps } from './run-steps.ts';
import type { Readiness, Step } from './step.ts';

const done: CommandAnswer = { code: 0, stdout: 'configured', stderr: '' };
const refusal = (stderr: string): CommandAnswer => ({ code: 1, stdout: '', stderr });
const overlap =
  'Error from server: error when creating "STDIN": admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: CIDR "192.168.29.100-192.168.29.109" in pool "admin-pool" overlaps with already defined CIDR "192.168.29.100-192.168.29.199"\n';
const starting = refusal(
  'Error from server (InternalError): Internal error occurred: failed calling webhook "x.metallb.io": failed to call webhook: Post "https://webhook.svc": dial tcp 10.96.0.7:443: connect: connection refused',
);

/** Answers in turn, then with success; remembers what it was asked. */
function kubectlOf(...answers: CommandAnswer[]): { context: StepContext; asked: { args: readonly string[]; input: string | undefined }[] } {
  const asked: { args: readonly string[]; input: string | undefined }[] = [];
  const kubectl: StepContext['kubectl'] = async (args, input) => {
    asked.push({ args, input });
    return answers.shift() ?? done;
  };
  const unasked = async (): Promise<CommandAnswer> => refusal('not asked for in this test');
  const rollouts = new Rollouts((args) => kubectl(args));
  return {
    context: { kubectl, rollouts, upstream: async (name) => `upstream ${name}`, script: unasked, patchMachineConfig: unasked },
    asked,
  };
}

const step = (id: string, rest: Partial<Step> = {}): Step => ({
  id,
  title: `Title of ${id}`,
  guide: `Heading of ${id}`,
  actions: [{ kind: 'kubectl', args: ['create', id] }],
  ...rest,
});
const work = () => {
  const said: string[] = [];
  return { signal: new AbortController().signal, say: (detail: string) => void said.push(detail), said };
};
const rollout = (workload: string): Readiness => ({ workload, namespace: 'ns' });
const argsOf = (asked: readonly { args: readonly string[] }[]): string[] => asked.map(({ args }) => args.join(' '));

describe('steps', () => {
  it('are followed in their order, each action in its order', async () => {
    const { context, asked } = kubectlOf();
    await runSteps(
      [
        step('a', {
          actions: [
            { kind: 'kubectl', args: ['one'] },
            { kind: 'kubectl', args: ['two'] },
          ],
        }),
        step('b'),
      ],
      context,
      work(),
    );
    expect(argsOf(asked)).toEqual(['one', 'two', 'create b']);
  });

  it('that succeed are recorded as done with their heading of the guide', async () => {
    const { context } = kubectlOf();
    expect(await runSteps([step('a')], context, work())).toEqual([
      {
        id: 'a',
        title: 'Title of a',
        guide: 'Heading of a',
        outcome: 'done',
        detail: '',
        startedAt: expect.any(String) as string,
        durationMs: expect.any(Number) as number,
      },
    ]);
  });

  it('say which of how many is followed', async () => {
    const progress = work();
    await runSteps([step('a'), step('b')], kubectlOf().context, progress);
    expect(progress.said).toEqual(['step 1 of 2: Title of a', 'step 2 of 2: Title of b']);
  });

  it('await their gate before they begin', async () => {
    const { context, asked } = kubectlOf();
    await runSteps([step('a', { gate: [rollout('nodes')] }), step('b')], context, work());
    expect(argsOf(asked)).toEqual(['rollout status nodes -n ns --timeout=420s', 'create a', 'create b']);
  });

  it('whose gate does not open end with a Problem that names it', async () => {
    const { context } = kubectlOf(refusal('timed out'));
    await expect(runSteps([step('a', { gate: [rollout('nodes')] })], context, work())).rejects.toThrow(
      'nodes in ns to be available within 420 s',
    );
  });
});

describe('a manifest', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-steps-'));
    await writeFile(join(folder, 'tenant.yaml'), 'namespace: canine-alice\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is applied through the standard input, as it is', async () => {
    const { context, asked } = kubectlOf();
    const manifest = { kind: 'file', path: join(folder, 'tenant.yaml') } as const;
    await runSteps([step('a', { actions: [{ kind: 'apply', manifest }] })], context, work());
    expect(asked).toEqual([{ args: ['apply', '-f', '-'], input: 'namespace: canine-alice\n' }]);
  });

  it('of an upstream is what the provider supplies', async () => {
    const { context, asked } = kubectlOf();
    await runSteps([step('a', { actions: [{ kind: 'apply', manifest: { kind: 'upstream', name: 'metallb' } }] })], context, work());
    expect(asked).toEqual([{ args: ['apply', '-f', '-'], input: 'upstream metallb' }]);
  });
});

describe('a command that an API does not answer yet', () => {
  it('is given again with the same input until it succeeds', async () => {
    const { context, asked } = kubectlOf(starting);
    await runSteps([step('a', { actions: [{ kind: 'apply', manifest: { kind: 'upstream', name: 'calico' } }] })], context, work());
    expect(asked).toEqual([1, 2].map(() => ({ args: ['apply', '-f', '-'], input: 'upstream calico' })));
  });

  it('leaves the step done', async () => {
    const { context } = kubectlOf(starting);
    expect((await runSteps([step('a')], context, work())).map(({ outcome }) => outcome)).toEqual(['done']);
  });

  it('is not given again once the work is stopped', async () => {
    const { context, asked } = kubectlOf(starting, starting);
    const stop = new AbortController();
    const stopping: typeof context = {
      ...context,
      kubectl: async (...request) => {
        stop.abort();
        return context.kubectl(...request);
      },
    };
    await runSteps([step('a')], stopping, { ...work(), signal: stop.signal }).catch(() => undefined);
    expect(asked).toHaveLength(1);
  });

  it('is not given at all when the work was stopped before', async () => {
    const { context, asked } = kubectlOf(starting);
    await runSteps([step('a')], context, { ...work(), signal: AbortSignal.abort() }).catch(() => undefined);
    expect(asked).toHaveLength(0);
  });
});

describe('a refusal', () => {
  const failing = step('pools', {
    failsBy: { erratum: 'E23', saying: 'overlaps' },
    actions: [
      { kind: 'kubectl', args: ['pools'] },
      { kind: 'kubectl', args: ['never'] },
    ],
  });

  it('that an erratum foresees is recorded as failed by it, in the words of the API', async () => {
    const { context } = kubectlOf(refusal(overlap));
    expect(await runSteps([failing], context, work())).toMatchObject([
      { id: 'pools', outcome: 'failed', erratum: 'E23', detail: overlap.trim() },
    ]);
  });

  it('that looks like an API that is starting, and that an erratum foresees, is final', async () => {
    const { context, asked } = kubectlOf(refusal('error: no matches for kind "PrometheusRule"'));
    const absent = step('rules', {
      failsBy: { erratum: 'E49', saying: 'no matches for kind "PrometheusRule"' },
      actions: [{ kind: 'kubectl', args: ['rules'] }],
    });
    expect(await runSteps([absent], context, work())).toMatchObject([{ outcome: 'failed', erratum: 'E49' }]);
    expect(asked).toHaveLength(1);
  });

  it('for another reason than the erratum foresees is a problem', async () => {
    const { context } = kubectlOf(refusal('Error from server (Forbidden): no such permission'));
    await expect(runSteps([failing], context, work())).rejects.toThrow('no such permission');
  });

  it('that an erratum foresees ends its step and leaves the following ones', async () => {
    const { context, asked } = kubectlOf(refusal(overlap));
    await runSteps([failing, step('next')], context, work());
    expect(argsOf(asked)).toEqual(['pools', 'create next']);
  });

  it('that does not come leaves the step done, without the erratum', async () => {
    const [only] = await runSteps([failing], kubectlOf().context, work());
    expect([only?.outcome, only?.erratum]).toEqual(['done', undefined]);
  });

  it('that nothing foresees ends the work with a Problem of the provider', async () => {
    const { context } = kubectlOf(refusal('Error from server (Forbidden): no'));
    await expect(runSteps([step('a'), step('b')], context, work())).rejects.toThrow(
      expect.objectContaining({ name: 'Problem', code: exitCode.provider }),
    );
  });

  it('that nothing foresees names the step, its heading and the words of the API', async () => {
    const { context } = kubectlOf(refusal('Error from server (Forbidden): no\n'));
    const problem = await runSteps([step('a')], context, work()).catch((error: unknown) => error);
    expect(problem instanceof Problem && problem.text).toMatchObject({
      expected: 'every command of the step to succeed (step "Title of a", guide: Heading of a)',
      saw: 'Error from server (Forbidden): no',
    });
  });

  it('that nothing foresees leaves the following steps alone', async () => {
    const { context, asked } = kubectlOf(refusal('no'));
    await runSteps([step('a'), step('b')], context, work()).catch(() => undefined);
    expect(argsOf(asked)).toEqual(['create a']);
  });
});

describe('what the steps installed', () => {
  const follow = async (steps: readonly Step[], context: StepContext) =>
    awaitReady({ steps, outcomes: await runSteps(steps, context, work()) }, context, work());

  it('is awaited all of it', async () => {
    const { context, asked } = kubectlOf();
    await follow([step('a', { ready: [rollout('one'), rollout('two')] }), step('b'), step('c', { ready: [rollout('three')] })], context);
    const awaited = new Set(argsOf(asked).filter((args) => args.startsWith('rollout')));
    expect([...awaited].toSorted()).toEqual(['one', 'three', 'two'].map((workload) => `rollout status ${workload} -n ns --timeout=420s`));
  });

  it('that does not become available ends with a Problem that names it, its step, its pods and its last lines', async () => {
    const { context } = kubectlOf(
      done,
      refusal('error: timed out waiting for the condition'),
      { ...done, stdout: 'web-1 CrashLoopBackOff' },
      { ...done, stdout: 'panic: no such file' },
    );
    const problem: unknown = await follow([step('a', { ready: [rollout('one')] })], context).catch((error: unknown) => error);
    expect(problem).toMatchObject({
      text: {
        expected: 'one in ns to be available within 420 s (step "Title of a", guide: Heading of a)',
        saw: 'error: timed out waiting for the condition\nweb-1 CrashLoopBackOff\npanic: no such file',
      },
    });
  });
});

describe('readiness', () => {
  /** Rollouts that end when the test says so; everything else succeeds at once, a minute of the clock later. */
  const slow = () => {
    const ending = new Map<string, (answer: CommandAnswer) => void>();
    const kubectl: StepContext['kubectl'] = async ([first = '', , workload = '']) => {
      if (first === 'rollout') return new Promise((resolve) => ending.set(workload, resolve));
      vi.setSystemTime(Date.now() + 60_000);
      return done;
    };
    const rollouts = new Rollouts((args) => kubectl(args));
    return { context: { ...kubectlOf().context, kubectl, rollouts }, end: (workload: string) => ending.get(workload)?.(done) };
  };

  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it('is measured from the start of the step, and is not the time that its commands took', async () => {
    const { context, end } = slow();
    const steps = [step('a', { ready: [rollout('one'), rollout('two')] })];
    const outcomes = await runSteps(steps, context, work());
    const measuring = awaitReady({ steps, outcomes }, context, work());
    vi.setSystemTime(100_000);
    end('one');
    await new Promise(setImmediate);
    vi.setSystemTime(310_000);
    end('two');
    expect(await measuring).toMatchObject([
      {
        durationMs: 60_000,
        readyAfterMs: 310_000,
        workloads: [
          { workload: 'one', namespace: 'ns', readyAfterMs: 100_000 },
          { workload: 'two', namespace: 'ns', readyAfterMs: 310_000 },
        ],
      },
    ]);
  });

  it('is awaited while the next steps are followed', async () => {
    const { context, end } = slow();
    const steps = [step('a', { ready: [rollout('one')] }), step('b')];
    const outcomes = await runSteps(steps, context, work());
    end('one');
    expect(outcomes.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('that came before the end of the steps keeps its first time, and is asked once more at the end', async () => {
    const { context, asked } = kubectlOf();
    const steps = [step('a', { ready: [rollout('one')] })];
    const outcomes = await runSteps(steps, context, work());
    await new Promise(setImmediate);
    vi.setSystemTime(200_000);
    const [measured] = await awaitReady({ steps, outcomes }, context, work());
    expect([measured?.readyAfterMs, argsOf(asked).filter((args) => args.startsWith('rollout')).length]).toEqual([0, 2]);
  });

  it('of a step without workloads, or of one that failed, is not measured', async () => {
    const { context } = kubectlOf(refusal(overlap));
    const failed = step('pools', { failsBy: { erratum: 'E23', saying: 'overlaps' }, ready: [rollout('one')] });
    const steps = [failed, step('b')];
    const outcomes = await awaitReady({ steps, outcomes: await runSteps(steps, context, work()) }, context, work());
    expect(outcomes.flatMap(({ readyAfterMs = [] }) => readyAfterMs)).toEqual([]);
  });

  it('that a gate asks for is awaited by one command for both', async () => {
    const { context, asked } = kubectlOf();
    await runSteps([step('a', { ready: [rollout('one')] }), step('b', { gate: [rollout('one')] })], context, work());
    expect(argsOf(asked)).toEqual(['create a', 'rollout status one -n ns --timeout=420s', 'create b']);
  });

  it('is still awaited when the API is away for a moment', async () => {
    const { context, asked } = kubectlOf(done, refusal('Unable to connect to the server: EOF'));
    const steps = [step('a', { ready: [rollout('one')] })];
    const outcomes = await runSteps(steps, context, work());
    await awaitReady({ steps, outcomes }, context, work());
    expect(argsOf(asked).filter((args) => args.startsWith('rollout')).length).toBe(2);
  });

  it('is not awaited any more when its rollouts are disposed', async () => {
    const signals: AbortSignal[] = [];
    const rollouts = new Rollouts(async (_args, _input, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    void rollouts.watch(rollout('one'), work().signal);
    rollouts[Symbol.dispose]();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});
