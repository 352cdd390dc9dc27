import { expect, it } from 'vitest';
import { requestsIn } from './requests.ts';

it('requests for the name count, probes do not', () => {
  const log = ['2026/11/30 GET /', '2026/11/30 GET /hostname', '2026/11/30 Sending udp hostName response', 'Sending udp hostName response'];
  expect(requestsIn(log.join('\n'))).toEqual({ http: 1, udp: 2 });
});
