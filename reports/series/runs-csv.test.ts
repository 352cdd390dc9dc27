import { expect, test } from 'vitest';
import { sampleSeries } from '../sample-record.ts';
import { runsCsv } from './runs-csv.ts';

test('equal samples after another are one row', () => {
  expect(runsCsv([sampleSeries()]).split('\r\n')).toEqual([
    'series,from ms,to ms,samples,outcome,answered by',
    'event,3950,3950,0,power off w01,',
    'event,9000,9000,0,power on w01,',
    'dashboard at its address,3,3903,40,answered 200,echo-w01',
    'dashboard at its address,4003,6203,23,timeout,',
    'dashboard at its address,6303,11903,57,answered 200,echo-w02',
    '',
  ]);
});
