import { expect, test } from 'vitest';
import { type Examined, type Prerequisite, blocking, examine, missing, ok } from './check.ts';
import { memory } from './machine.ts';

const prerequisite = (id: string, check: Prerequisite['check']): Prerequisite => ({ id, title: id, needed: 'always', check });

test('a check that throws becomes a warning and does not hide the next one', async () => {
  const examined = await examine([
    prerequisite('first', () => Promise.reject(new Error('no /proc'))),
    prerequisite('second', async () => missing('not there', 'install it')),
  ]);
  expect(examined).toEqual([
    { id: 'first', title: 'first', needed: 'always', state: 'warning', detail: 'could not be looked at: no /proc' },
    { id: 'second', title: 'second', needed: 'always', state: 'missing', detail: 'not there', mend: 'install it' },
  ]);
});

const examined = (id: string, state: Examined['state'], needed: Examined['needed']): Examined => ({
  id,
  title: id,
  state,
  needed,
  detail: '',
});
const found = [
  examined('root', 'missing', 'always'),
  examined('go', 'missing', 'first-build'),
  examined('inotify', 'warning', 'always'),
  examined('kmsg', 'ok', 'always'),
];

test.each([
  ['before the first build', false, ['root', 'go']],
  ['once everything is built', true, ['root']],
])('%s these keep a lab from being started', (_, built, ids) => {
  expect(blocking(found, built).map(({ id }) => id)).toEqual(ids);
});

test.each([
  ['enough', 24, 20, 'ok'],
  ['taken by something else', 24, 3, 'warning'],
  ['too little in all', 4, 3, 'missing'],
])('memory that is %s', (_, total, available, state) => {
  const kib = (gib: number): number => gib * 2 ** 20;
  expect(memory(`MemTotal:       ${kib(total)} kB\nMemFree: 1 kB\nMemAvailable:   ${kib(available)} kB\n`)).toMatchObject({
    state,
    detail: expect.stringContaining(`${available}.0 GiB available of ${total}.0 GiB`),
  });
});

test('what is fine needs no mend', () => {
  expect(ok('24.21.0')).toEqual({ state: 'ok', detail: '24.21.0' });
});
