import { describe, expect, it } from 'vitest';
import { callsOf } from './kubectl-calls.ts';
import { endsAtOnce, givenUpInTime, hardenedInTime, looksAsPromised } from './provision-waits.ts';

const call = (began: number, ended: number, status: number, words: string): string =>
  `${began.toFixed(2)} ${ended.toFixed(2)} ${status} --kubeconfig=kubeconfig ${words}\n`;
const look = (began: number, took = 0.5): string => call(began, began + took, 1, 'get namespace canine-a');
/** As the guide's script: a look, and a pause. */
const waits = (looks: number, { pause = 2, took = 0.5 } = {}): string =>
  Array.from({ length: looks }, (_, index) => look(index * (pause + took), took)).join('') +
  call(looks * (pause + took), looks * (pause + took) + 1, 1, 'apply -f -');
const selfMade = `${look(1)}${call(2, 3, 1, 'create namespace canine-a')}`;

describe('looks for a namespace that never comes', () => {
  it.each([
    ['thirty, 2 s apart', waits(30), true],
    ['thirty on a slow machine', waits(30, { took: 4 }), true],
    ['one attempt', waits(1), false],
    ['one too few', waits(29), false],
    ['one too many', waits(31), false],
    ['thirty, 1 s apart', waits(30, { pause: 1 }), false],
    ['none, for the script makes it', selfMade, true],
  ])('%s', (_, log, held) => {
    expect(looksAsPromised(callsOf(log), 'canine-a').held).toBe(held);
  });
});

describe('the wait for a namespace that never comes', () => {
  it.each([
    ['of 60 s', waits(30), true],
    ['of 60 s on a slow machine', waits(30, { took: 4 }), true],
    ['of 60 s, when the machine stood still for 20 s', waits(29) + look(29 * 2.5 + 20), true],
    ['of 30 s', waits(15), false],
    ['of 75 s', waits(30, { pause: 2.5 }), false],
    ['of none, for the script makes it', selfMade, true],
  ])('%s', (_, log, held) => {
    expect(givenUpInTime(callsOf(log), 'canine-a').held).toBe(held);
  });
});

describe('a namespace that came late', () => {
  const came = call(20, 21, 0, 'create namespace canine-a');

  it.each([
    ['is hardened at the next look', `${came}${call(22.5, 23, 0, 'get namespace canine-a')}${call(23, 24, 0, 'apply -f -')}`, true],
    [
      'is hardened in time by a slow kubectl',
      `${came}${call(22.5, 25, 0, 'get namespace canine-a')}${call(25, 32, 0, 'apply -f -')}`,
      true,
    ],
    ['is hardened 6 s later', `${came}${call(27, 28, 0, 'apply -f -')}`, false],
    ['is hardened in vain', `${came}${call(22, 23, 1, 'apply -f -')}`, false],
    ['is never hardened', came, false],
    ['never came', call(22, 23, 0, 'apply -f -'), false],
  ])('%s', (_, log, held) => {
    expect(hardenedInTime(callsOf(log), 'canine-a').held).toBe(held);
  });
});

describe('a namespace that is there', () => {
  it.each([
    ['is looked for once', `${call(1, 2, 0, 'get namespace canine-a')}${call(2, 4, 0, 'apply -f -')}`, true],
    ['is waited for', waits(30), false],
  ])('%s', (_, log, held) => {
    expect(endsAtOnce(callsOf(log), 'canine-a').held).toBe(held);
  });
});
