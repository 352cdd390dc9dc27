import { expect, it } from 'vitest';
import { reportsIn } from './probe-output.ts';

it.each([
  ['a refusal', 'connect to 10.0.0.1 port 80 failed: Connection refused', '10.0.0.1:80', 'Connection refused'],
  [
    'a refusal that names the own address',
    'connect to 10.0.0.1 port 80 from 10.0.0.2 port 4000 failed: No route to host',
    '10.0.0.1:80',
    'No route to host',
  ],
  ['what the kernel would not send', '* Immediate connect fail for 10.0.0.1: Invalid argument', '10.0.0.1', 'Invalid argument'],
])('tells %s by its address', (_, line, key, reason) => {
  expect([...reportsIn(`N ! ${line}\nother\n`, { nonce: 'N', count: 0 }).refusals]).toEqual([[key, reason]]);
});
