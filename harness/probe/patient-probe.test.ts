import { afterEach, expect, it } from 'vitest';
import { setPatience } from '../engine/patience.ts';
import { probeAll } from './probe.ts';

afterEach(() => setPatience(1));

it.each([
  [1, '3'],
  [2, '3'],
  [4, '6'],
])('with patience %i an attempt has %s s', async (factor, seconds) => {
  setPatience(factor);
  let script = '';
  await probeAll([{ kind: 'icmp', host: '192.168.29.100' }], {
    run: async (asked) => ((script = asked), ''),
    probe: '/agnhost',
    signal: new AbortController().signal,
  });
  expect(script).toMatch(new RegExp(`/agnhost'? '?${seconds}\\b`));
});

it('an attempt that must be short against a promised time is so on every machine', async () => {
  setPatience(4);
  let script = '';
  await probeAll([{ kind: 'http', url: 'http://192.168.29.100/' }], {
    run: async (asked) => ((script = asked), ''),
    probe: '/agnhost',
    signal: new AbortController().signal,
    seconds: 3,
  });
  expect(script).toMatch(/\/agnhost'? '?3\b.*http:\/\/192\.168\.29\.100\/'? '?3\b/s);
});
