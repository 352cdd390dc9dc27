import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import type { CommandAnswer } from './command.ts';
import { type StepContext, awaitReady, isStillStarting, runSteps } from './run-steps.ts';
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
  return { context: { kubectl, upstream: async (name) => `upstream ${name}`, script: unasked, patchMachineConfig: unasked }, asked };
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
    expect(argsOf(asked)).toEqual(['rollout status nodes -n ns --timeout=240s', 'create a', 'create b']);
  });

  it('whose gate does not open end with a Problem that names it', async () => {
    const { context } = kubectlOf(refusal('timed out'));
    await expect(runSteps([step('a', { gate: [rollout('nodes')] })], context, work())).rejects.toThrow(
      'nodes in ns to be available within 240 s',
    );
  });
});

describe('a manifest', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-steps-'));
    await writeFile(join(folder, 'tenant.yaml'), 'namespace: ${NS}\nother: ${NS}-${KEPT}\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is applied through the standard input, with its values put in everywhere', async () => {
    const { context, asked } = kubectlOf();
    await runSteps(
      [
        step('a', {
          actions: [{ kind: 'apply', manifest: { kind: 'file', path: join(folder, 'tenant.yaml'), values: { NS: 'canine-alice' } } }],
        }),
      ],
      context,
      work(),
    );
    expect(asked).toEqual([{ args: ['apply', '-f', '-'], input: 'namespace: canine-alice\nother: canine-alice-${KEPT}\n' }]);
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
  it('is awaited all of it', async () => {
    const { context, asked } = kubectlOf();
    await awaitReady(
      [step('a', { ready: [rollout('one'), rollout('two')] }), step('b'), step('c', { ready: [rollout('three')] })],
      context,
      work(),
    );
    expect(argsOf(asked).toSorted()).toEqual(['one', 'three', 'two'].map((workload) => `rollout status ${workload} -n ns --timeout=240s`));
  });

  it('that does not become available ends with a Problem that names it, its step, its pods and its last lines', async () => {
    const { context } = kubectlOf(
      refusal('error: timed out waiting for the condition'),
      { ...done, stdout: 'web-1 CrashLoopBackOff' },
      { ...done, stdout: 'panic: no such file' },
    );
    const problem: unknown = await awaitReady([step('a', { ready: [rollout('one')] })], context, work()).catch((error: unknown) => error);
    expect(problem).toMatchObject({
      text: {
        expected: 'one in ns to be available within 240 s (step "Title of a", guide: Heading of a)',
        saw: 'error: timed out waiting for the condition\nweb-1 CrashLoopBackOff\npanic: no such file',
      },
    });
  });
});

describe('kubectl says that an API is still starting', () => {
  it.each([
    ['a refused connection', 'Unable to connect to the server: dial tcp 192.168.29.10:6443: connect: connection refused'],
    [
      "a refused connection in kubectl's own words",
      'The connection to the server 29.talos.vaheed.net:6443 was refused - did you specify the right host or port?',
    ],
    ['a handshake without an answer', 'Unable to connect to the server: net/http: TLS handshake timeout'],
    [
      'a kind that is not there yet',
      'error: resource mapping not found for name: "default-pool" namespace: "metallb-system" from "STDIN": no matches for kind "IPAddressPool" in version "metallb.io/v1beta1"\nensure CRDs are installed first',
    ],
    ['a resource type that is not there yet', 'error: the server doesn\'t have a resource type "ipaddresspool"'],
    ['an aggregated API without endpoints', 'Error from server (ServiceUnavailable): the server is currently unable to handle the request'],
    ['a webhook that refuses connections', starting.stderr],
    [
      'a webhook without endpoints',
      'Error from server (InternalError): Internal error occurred: failed calling webhook "l2advertisementvalidationwebhook.metallb.io": failed to call webhook: Post "https://metallb-webhook-service.metallb-system.svc:443/validate?timeout=10s": no endpoints available for service "metallb-webhook-service"',
    ],
    [
      'a webhook without its certificate',
      'Internal error occurred: failed calling webhook "x": failed to call webhook: Post "https://x.svc": x509: certificate signed by unknown authority',
    ],
    [
      'a webhook that does not answer in time',
      'Error from server (InternalError): Internal error occurred: failed calling webhook "x": failed to call webhook: Post "https://x.svc": context deadline exceeded',
    ],
    ['a connection that is cut off', 'Unable to connect to the server: EOF'],
    ['no route to the API', 'Unable to connect to the server: dial tcp 192.168.29.10:6443: connect: no route to host'],
  ])('by %s', (_, stderr) => {
    expect(isStillStarting(stderr)).toBe(true);
  });
});

describe('kubectl says that an API refuses', () => {
  it.each([
    ['a webhook that denies', overlap],
    [
      'pod security',
      'Error from server (Forbidden): error when creating "STDIN": pods "web" is forbidden: violates PodSecurity "baseline:latest": privileged',
    ],
    [
      'missing rights',
      'Error from server (Forbidden): namespaces is forbidden: User "bob" cannot create resource "namespaces" in API group "" at the cluster scope',
    ],
    ['an object that is there', 'Error from server (AlreadyExists): namespaces "canine" already exists'],
    ['a namespace that is not there', 'Error from server (NotFound): error when creating "STDIN": namespaces "canine" not found'],
    ['an invalid field', 'The Service "web" is invalid: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [
      'an unknown field',
      'Error from server (BadRequest): error when creating "STDIN": Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.prots"',
    ],
    ['a conflict', 'Error from server (Conflict): Operation cannot be fulfilled on deployments.apps "web": the object has been modified'],
    ['missing credentials', 'error: You must be logged in to the server (Unauthorized)'],
    ['nothing', ''],
  ])('by %s', (_, stderr) => {
    expect(isStillStarting(stderr)).toBe(false);
  });
});
