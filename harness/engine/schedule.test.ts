import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Job, Schedule } from './schedule.ts';

const job = (id: string, { kind = 'active', uses = [], changes = [] }: Partial<Job> = {}): Job => ({ id, kind, uses, changes });

/** So many may be tried again before another still is. */
const mostBefore = 12;

/** Runs jobs whose bodies end when they are told to, and keeps what happened. */
class Trial {
  readonly log: string[] = [];
  readonly #schedule: Schedule;
  readonly #ends = new Map<string, (outcome: 'good' | 'again') => void>();
  readonly outcomes: Promise<string>[] = [];

  constructor(jobs: readonly Job[], { most = 10 }: { most?: number } = {}) {
    this.#schedule = new Schedule(jobs, most);
    for (const each of jobs)
      this.outcomes.push(
        this.#schedule.run(
          each,
          () => this.#body(each.id),
          (outcome) => (outcome === 'again' ? mostBefore : 0),
        ),
      );
  }

  measured(): void {
    this.#schedule.measured();
  }

  get running(): string[] {
    return [...this.#ends.keys()];
  }

  async end(id: string, outcome: 'good' | 'again' = 'good'): Promise<void> {
    const end = this.#ends.get(id);
    if (end === undefined) throw new Error(`${id} does not run; ${this.running.join(', ')} do`);
    this.#ends.delete(id);
    end(outcome);
    await turn();
  }

  async #body(id: string): Promise<'good' | 'again'> {
    this.log.push(id);
    return new Promise((resolve) => void this.#ends.set(id, resolve));
  }
}

const settled = async (trial: Trial): Promise<Trial> => {
  await turn();
  return trial;
};

describe('checks that share nothing', () => {
  it('run beside each other', async () => {
    expect((await settled(new Trial([job('A'), job('B')]))).running).toEqual(['A', 'B']);
  });

  it('run no more than so many at a time', async () => {
    const trial = await settled(new Trial([job('A'), job('B'), job('C')], { most: 2 }));
    const before = trial.running;
    await trial.end('A');
    expect([before, trial.running]).toEqual([
      ['A', 'B'],
      ['B', 'C'],
    ]);
  });
});

describe('checks that read the connection matrix', () => {
  const reader = job('R', { uses: ['connection-matrix'] });

  it('start alone, and the others when it has been measured', async () => {
    const trial = await settled(new Trial([job('A'), reader]));
    const before = trial.running;
    trial.measured();
    await turn();
    expect([before, trial.running]).toEqual([['R'], ['R', 'A']]);
  });

  it('let the others start when the last of them has ended, measured or not', async () => {
    const trial = await settled(new Trial([job('A'), reader, job('S', { uses: ['connection-matrix'] })]));
    await trial.end('R');
    const between = trial.running;
    await trial.end('S');
    expect([between, trial.running]).toEqual([['S'], ['A']]);
  });

  it('do not wait for the disruptive ones that read it too', async () => {
    const trial = await settled(new Trial([job('A'), job('D', { kind: 'disruptive', uses: ['connection-matrix'] })]));
    expect(trial.running).toEqual(['A']);
  });
});

describe('a check that changes what another touches', () => {
  const pools: string[] = ['address-pools'];
  it.each([
    ['uses', job('B', { uses: pools })],
    ['changes too', job('B', { changes: pools })],
  ])('runs apart from one that %s it', async (_, other) => {
    const trial = await settled(new Trial([job('A', { changes: pools }), other]));
    const before = trial.running;
    await trial.end('A');
    expect([before, trial.running]).toEqual([['A'], ['B']]);
  });

  it('does not keep back who touches something else', async () => {
    const trial = await settled(new Trial([job('A', { changes: pools }), job('B', { changes: ['cluster-dns'] })]));
    expect(trial.running).toEqual(['A', 'B']);
  });

  it('lets those that only use it run together', async () => {
    expect((await settled(new Trial([job('A', { uses: pools }), job('B', { uses: pools })]))).running).toEqual(['A', 'B']);
  });
});

describe('disruptive checks', () => {
  it('run last, and alone', async () => {
    const trial = await settled(new Trial([job('D1', { kind: 'disruptive' }), job('A'), job('D2', { kind: 'disruptive' })]));
    const first = trial.running;
    await trial.end('A');
    const second = trial.running;
    await trial.end('D1');
    expect([first, second, trial.running]).toEqual([['A'], ['D1'], ['D2']]);
  });

  it('that cut the power run after those that do not', async () => {
    const trial = await settled(new Trial([job('P', { kind: 'disruptive', changes: ['node-power'] }), job('D', { kind: 'disruptive' })]));
    const first = trial.running;
    await trial.end('D');
    expect([first, trial.running]).toEqual([['D'], ['P']]);
  });

  it('that cut the power run last, though they are called long', async () => {
    const trial = await settled(new Trial([job('P', { kind: 'long', changes: ['node-power'] }), job('L', { kind: 'long' }), job('A')]));
    const first = trial.running;
    await trial.end('L');
    await trial.end('A');
    expect([first.toSorted(), trial.running]).toEqual([['A', 'L'], ['P']]);
  });
});

describe('a check that asks to be tried again', () => {
  it('is, alone, after all others and before the disruptive ones', async () => {
    const trial = await settled(new Trial([job('A'), job('B'), job('D', { kind: 'disruptive' })]));
    await trial.end('A', 'again');
    const beside = trial.running;
    await trial.end('B');
    const alone = trial.running;
    await trial.end('A');
    expect([beside, alone, trial.running]).toEqual([['B'], ['A'], ['D']]);
  });

  it('is tried twice at most, and its last outcome counts', async () => {
    const trial = await settled(new Trial([job('A')]));
    await trial.end('A', 'again');
    await trial.end('A', 'again');
    expect([trial.log, await trial.outcomes[0]]).toEqual([['A', 'A'], 'again']);
  });

  it('is not when as many others are as it allows: then it is the cluster', async () => {
    const names = Array.from({ length: mostBefore + 1 }, (_, index) => `A${index}`);
    const trial = await settled(
      new Trial(
        names.map((name) => job(name)),
        { most: mostBefore + 1 },
      ),
    );
    for (const name of names) await trial.end(name, 'again');
    for (const name of names.slice(0, mostBefore)) await trial.end(name);
    expect(trial.log).toEqual([...names, ...names.slice(0, mostBefore)]);
  });

  it('is whatever others are, when it reads what is measured alone', async () => {
    const names = Array.from({ length: mostBefore + 2 }, (_, index) => `A${index}`);
    const trial = await settled(
      new Trial(
        names.map((name) => job(name, { uses: ['connection-matrix'] })),
        { most: names.length },
      ),
    );
    for (const name of names) await trial.end(name, 'again');
    for (const name of names) await trial.end(name);
    expect(trial.log).toEqual([...names, ...names]);
  });

  it('is counted by the limit that it gave', async () => {
    const schedule = new Schedule([job('A'), job('B'), job('C')], 3);
    const log: string[] = [];
    const run = async (id: string, most: number): Promise<unknown> =>
      schedule.run(
        job(id),
        async () => void log.push(id),
        () => most,
      );
    await Promise.all([run('A', 1), run('B', 2), run('C', 1)]);
    expect(log).toEqual(['A', 'B', 'C', 'A', 'B']);
  });

  it('is not when it is disruptive', async () => {
    const trial = await settled(new Trial([job('D', { kind: 'disruptive' })]));
    await trial.end('D', 'again');
    expect(trial.log).toEqual(['D']);
  });
});

describe('a body that throws', () => {
  it('lets the next one run', async () => {
    const schedule = new Schedule([job('A'), job('B')], 1);
    const ended: string[] = [];
    const first = schedule.run(
      job('A'),
      () => Promise.reject(new Error('no')),
      () => 0,
    );
    const second = schedule.run(
      job('B'),
      async () => void ended.push('B'),
      () => 0,
    );
    await Promise.allSettled([first, second]);
    expect(ended).toEqual(['B']);
  });
});

it('the long ones begin first', async () => {
  const schedule = new Schedule([job('A'), job('B'), job('L', { kind: 'long' })], 1);
  const order: string[] = [];
  const run = (each: Job): Promise<void> =>
    schedule.run(
      each,
      async () => void order.push(each.id),
      () => 0,
    );
  await Promise.all([run(job('A')), run(job('B')), run(job('L', { kind: 'long' }))]);
  expect(order).toEqual(['A', 'L', 'B']);
});
