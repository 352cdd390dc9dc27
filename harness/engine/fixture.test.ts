import { describe, expect, it } from 'vitest';
import { type Taker, fixturesOn } from './fixture.ts';
import { Use } from './use.ts';

const offered = { api: { kind: 'real', version: '1' }, storage: { kind: 'real', version: '2' } } as const;

function newHost() {
  const undone: string[] = [];
  const fixture = fixturesOn<{ use: Use }, string>({
    use: () => new Use(offered),
    open: (name, use) => ({ tools: { use }, undo: async () => undone.push(name) }),
  });
  const taker = (look: Taker['look'] = 'first'): Taker => ({ use: new Use(offered), look });
  return { fixture, taker, undone };
}

describe('a fixture', () => {
  it('is made once for all that take it', async () => {
    const { fixture, taker } = newHost();
    let made = 0;
    const one = fixture({ name: 'one' }, async () => (made += 1));
    expect(await Promise.all([one.take(taker()), one.take(taker())])).toEqual([1, 1]);
  });

  it('hands over what making it has used', async () => {
    const { fixture, taker } = newHost();
    const storage = fixture({ name: 'storage' }, async ({ use }) => use.touch('storage'));
    const both = fixture({ name: 'both', from: { storage } }, async ({ use }) => use.touch('api'));
    const own = taker();
    await both.take(own);
    expect(own.use.touched).toEqual(['api', 'storage']);
  });

  it('brings the resources of what it is made from', () => {
    const { fixture } = newHost();
    const pool = fixture({ name: 'pool', resources: ['address-pools'] }, async () => undefined);
    expect(fixture({ name: 'all', resources: ['canine'], from: { pool } }, async () => undefined).resources).toEqual([
      'canine',
      'address-pools',
    ]);
  });

  it('that could not be made is undone, made anew once, and then given up', async () => {
    const { fixture, taker, undone } = newHost();
    let tries = 0;
    const one = fixture({ name: 'one' }, async () => {
      tries += 1;
      throw new Error(`try ${tries}`);
    });
    await expect(one.take(taker())).rejects.toThrow('try 1');
    await expect(one.take(taker())).rejects.toThrow('try 2');
    await expect(one.take(taker())).rejects.toThrow('try 2');
    expect(undone).toEqual(['one', 'one']);
  });

  it('is not made anew before the first try is undone', async () => {
    const events: string[] = [];
    const undone = Promise.withResolvers<void>();
    const fixture = fixturesOn<object, string>({
      use: () => new Use(offered),
      open: () => ({ tools: {}, undo: async () => void (await undone.promise, events.push('undone')) }),
    });
    const one = fixture({ name: 'one' }, async () => {
      events.push('made');
      throw new Error('no');
    });
    const use = new Use(offered);
    const takes = [one.take({ use, look: 'first' })];
    await new Promise((resolve) => setTimeout(resolve, 20));
    takes.push(one.take({ use, look: 'first' }));
    undone.resolve();
    await Promise.allSettled(takes);
    expect(events).toEqual(['made', 'undone']);
  });

  it('that is lent records by itself what a taker uses, and knows its look', async () => {
    const { fixture, taker } = newHost();
    const matrix = fixture<number, Readonly<Record<string, never>>, string>(
      { name: 'matrix', lend: (value, { look }) => `${value} ${look}` },
      async ({ use }) => {
        use.touch('storage');
        return 7;
      },
    );
    const own = taker('second');
    expect(await matrix.take(own)).toBe('7 second');
    expect(own.use.touched).toEqual([]);
  });
});
