import { describe, expect, it } from 'vitest';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { WaitTimeout } from '../../../harness/engine/waiting.ts';
import { Refused } from './api.ts';
import { asControl, does, inOrder, lacks, lists, refuses } from './in-order.ts';

async function recorded(steps: Parameters<typeof inOrder>[1]): Promise<{ observations: Measured[]; controls: Measured[] }> {
  const [observations, controls]: [Measured[], Measured[]] = [[], []];
  await inOrder({ observe: (measured) => void observations.push(measured), control: (measured) => void controls.push(measured) }, steps);
  return { observations, controls };
}

async function observed(...steps: Parameters<typeof inOrder>[1]): Promise<[string, boolean][]> {
  return (await recorded(steps)).observations.map(({ saw, held }) => [saw, held]);
}

async function thrown(error: Error): Promise<never> {
  throw error;
}

const never = async (): Promise<never> => {
  throw new Error('not to be tried');
};

describe('steps in order', () => {
  it('are all observed while they are as expected', async () => {
    expect(
      await observed(
        does('one', async () => undefined),
        { subject: 'two', expected: '2', see: async () => '2' },
      ),
    ).toEqual([
      ['done', true],
      ['2', true],
    ]);
  });

  it('end with the first that is not', async () => {
    expect(await observed({ subject: 'one', expected: '1', see: async () => '2' }, does('two', never))).toEqual([['2', false]]);
  });

  it.each([new Refused('HTTP 404'), new WaitTimeout('three pods', { timeoutMs: 60_000, last: 'one pod' })])(
    'end with what Canine did not do: $name',
    async (error) => {
      expect(
        await observed(
          does('one', () => thrown(error)),
          does('two', never),
        ),
      ).toEqual([[error.message, false]]);
    },
  );

  it.each([
    [true, true],
    [undefined, undefined],
  ] as const)('are late when what is awaited does not come in time, and only then: %s', async (awaited, late) => {
    const see = () => thrown(new WaitTimeout('three pods', { timeoutMs: 60_000, last: 'one pod' }));
    const { observations } = await recorded([{ subject: 'one', expected: '1', see, ...(awaited === undefined ? {} : { awaited }) }]);
    expect(observations.map((each) => each.late)).toEqual([late]);
  });

  it('are controls where they say so, and a control that fails ends them', async () => {
    const { observations, controls } = await recorded([
      asControl({ subject: 'one', expected: '1', see: async () => '2' }),
      does('two', never),
    ]);
    expect([observations, controls.map(({ saw, held }) => [saw, held])]).toEqual([[], [['2', false]]]);
  });

  it('throw what could not be looked at', async () => {
    await expect(observed(does('one', () => thrown(new Error('no answer'))))).rejects.toThrow('no answer');
  });
});

describe('a step that must be refused', () => {
  it.each([
    ['is as expected when it is', () => thrown(new Refused('HTTP 401')), [['refused', true]]],
    ['is not when it is done', async () => undefined, [['done', false]]],
  ])('%s', async (_, operation, expected) => {
    expect(await observed(refuses('one', operation))).toEqual(expected);
  });

  it('throws when nobody could be asked', async () => {
    await expect(observed(refuses('one', never))).rejects.toThrow('not to be tried');
  });
});

describe('a step with a list', () => {
  it('needs its member in it', async () => {
    expect(await observed(lists('one', 'b', async () => ['a', 'b']))).toEqual([['b', true]]);
    expect(await observed(lists('one', 'c', async () => ['a', 'b']))).toEqual([['not among 2: a, b', false]]);
  });

  it('may have to be without a member', async () => {
    expect(await observed(lacks('one', 'c', async () => ['a', 'b']))).toEqual([['not listed', true]]);
    expect(await observed(lacks('one', 'b', async () => ['a', 'b']))).toEqual([['listed', false]]);
  });
});
