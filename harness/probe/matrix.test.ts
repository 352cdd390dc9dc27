import { describe, expect, it } from 'vitest';
import { Use } from '../engine/use.ts';
import type { Taker } from '../engine/fixture.ts';
import { type MatrixSource, type MatrixTarget, lendMatrix, measureMatrix } from './matrix.ts';
import type { Outcome } from './probe.ts';

type Who = { readonly tenant: string; readonly node: string };
const capabilities = { 'node-shell': { kind: 'stand-in', for: 'nodes', reason: 'none' }, storage: { kind: 'real', version: '1' } } as const;

const source = (tenant: string, node: string): MatrixSource<Who> => ({
  name: `${tenant} on ${node}`,
  is: { tenant, node },
  group: tenant,
  place: { namespace: tenant, pod: node },
  capabilities: tenant === 'node' ? ['node-shell'] : [],
});
const target = (tenant: string, node: string, from?: (who: Who) => boolean): MatrixTarget<Who, Who> => ({
  name: `${tenant} pod on ${node}`,
  is: { tenant, node },
  target: { kind: 'tcp', host: `${tenant}-${node}`, port: 80 },
  group: tenant,
  capabilities: tenant === 'storage' ? ['storage'] : [],
  ...(from === undefined ? {} : { from }),
});

const sources = [source('alice', 'w01'), source('alice', 'w02'), source('bob', 'w01'), source('node', 'w01')];
const targets = [target('alice', 'w01'), target('bob', 'w01'), target('storage', 'w01', ({ tenant }) => tenant !== 'alice')];

async function measured(outcome: (from: string, host: string) => Outcome | Error = () => ({ kind: 'connected', afterMs: 1 })) {
  const cluster = {
    prepare: async () => undefined,
    probe: async (place: { namespace?: string }, tried: readonly { host?: string }[]) =>
      tried.map(({ host = '' }) => {
        const seen = outcome(place.namespace ?? '', host);
        if (seen instanceof Error) throw seen;
        return seen;
      }),
  };
  return measureMatrix(cluster as never, { sources, targets, absent: ['no neutral pods'] }, new AbortController().signal);
}

const taker = (look: Taker['look'] = 'first'): Taker => ({ use: new Use(capabilities), look });
const of =
  (tenant: string) =>
  (who: Who): boolean =>
    who.tenant === tenant;

describe('a selection', () => {
  it('finds as many as it expects', async () => {
    const matrix = lendMatrix(await measured(), taker());
    expect(matrix.sources(of('alice'), 2).map(({ name }) => name)).toEqual(['alice on w01', 'alice on w02']);
    expect(matrix.targets(of('bob'), { atLeast: 1 })).toHaveLength(1);
  });

  it.each([1, 3, { atLeast: 3 }])('of other than %o throws, with what the matrix lacks', async (count) => {
    const matrix = lendMatrix(await measured(), taker());
    expect(() => matrix.sources(of('alice'), count)).toThrow(/has 2 sources like .*no neutral pods/s);
  });
});

describe('a claim from cells', () => {
  const request = (matrix: ReturnType<typeof lendMatrix<Who, Who>>) => ({
    from: matrix.sources(of('alice'), 2),
    to: matrix.targets(of('bob'), 1),
    sameSourceReaches: matrix.targets(of('alice'), 1),
    targetAnswers: matrix.sources(of('bob'), 1),
  });

  it('has the outcomes of the one instant, anchors included', async () => {
    const matrix = lendMatrix(
      await measured((from, host) => ({ kind: from === 'alice' && host === 'bob-w01' ? 'timeout' : 'connected', afterMs: 1 })),
      taker(),
    );
    expect(matrix.denial(request(matrix)).attempts.map(({ seen }) => seen?.kind)).toEqual([
      'timeout',
      'timeout',
      'connected',
      'connected',
      'connected',
    ]);
  });

  it('measures everything anew in a second look: nothing is left of the first instant', async () => {
    const matrix = lendMatrix(await measured(), taker('second'));
    expect(matrix.denial(request(matrix)).attempts.map(({ seen }) => seen)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('leaves out pairs that were not tried, and then lacks anchors', async () => {
    const matrix = lendMatrix(await measured(), taker());
    const untried = { ...request(matrix), to: matrix.targets(of('storage'), 1) };
    expect(() => matrix.denial(untried)).toThrow('a claim without an observation');
  });

  it('uses the capabilities of the cells that it reads, and of no others', async () => {
    const own = taker();
    const matrix = lendMatrix(await measured(), own);
    matrix.denial(request(matrix));
    expect(own.use.touched).toEqual([]);
    matrix.denial({ ...request(matrix), from: matrix.sources(of('node'), 1), to: matrix.targets(of('storage'), 1) });
    expect(own.use.touched).toEqual(['node-shell', 'storage']);
  });
});

it('a source that cannot be probed from fails alone, and is not tried again', async () => {
  let tries = 0;
  const matrix = await measured((from) => {
    if (from !== 'bob') return { kind: 'connected', afterMs: 1 };
    tries += 1;
    return new Error('the shell was cut off');
  });
  expect(matrix.outcome('bob on w01', 'bob pod on w01')).toEqual({ kind: 'failed', text: 'the shell was cut off', afterMs: 0 });
  expect(matrix.outcome('alice on w01', 'bob pod on w01')?.kind).toBe('connected');
  expect(tries).toBe(1);
});

describe('the sources that a target answered', () => {
  it('are those whose attempt reached it, and of those alone that were asked for', async () => {
    const lent = lendMatrix(
      await measured((from) => (from === 'bob' ? { kind: 'timeout', afterMs: 3000 } : { kind: 'connected', afterMs: 1 })),
      taker(),
    );
    const [asked] = lent.targets(of('storage'), 1);
    const answered = lent.answered(
      asked!,
      lent.sources((who) => who.tenant !== 'alice', 2),
    );
    expect(answered.map(({ name }) => name)).toEqual(['node on w01']);
  });

  it('are none that did not try it', async () => {
    const lent = lendMatrix(await measured(), taker());
    const [asked] = lent.targets(of('storage'), 1);
    expect(lent.answered(asked!, lent.sources(of('alice'), 2))).toEqual([]);
  });
});
