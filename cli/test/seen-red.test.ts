import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { absentNeed } from '../../harness/engine/verdict.ts';
import { labCapabilities } from '../../provision/lab/capabilities.ts';
import { register } from '../../suites/register.ts';

it('says of every requirement of network, isolation and admin-access that the lab can prove how it was seen red', async () => {
  const capabilities = await labCapabilities('corrected', []);
  const named = new Set(readFileSync(new URL('../../docs/seen-red.md', import.meta.url), 'utf8').match(/\b[A-Z]+(-[A-Z0-9]+)+\b/g));
  const provable = register.filter(({ id, needs }) => /^(NET|ISO|ADM)-/.test(id) && absentNeed(needs, capabilities) === undefined);
  expect(provable.length).toBeGreaterThan(0);
  expect(provable.filter(({ id, asWritten }) => asWritten === undefined && !named.has(id)).map(({ id }) => id)).toEqual([]);
});
