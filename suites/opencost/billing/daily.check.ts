import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { allocationsIn, sumOf } from '../../../harness/platform/opencost/allocation.ts';
import { check } from '../check.ts';
import { costApi, costsOf, dataAgeMs, onlySet } from '../cost-api.ts';
import { atWorkstation } from '../../isolation/provisioning/guide-script.ts';
import { documentsIn, endsWell, guideCommand } from '../guide-command.ts';
import { judgedSet, refusesBadWindow } from '../judged.ts';
import { figure, near, roundedTolerance, scrapedTolerance } from '../money.ts';
import { requirements } from '../requirements.ts';
import { daysOfWindow, firstOfMonth, instantText, windowText } from '../windows.ts';
import { coveredHours, leastCoveredHours } from './covered.ts';
import { askedWindow, notedFolder, runNoted } from './noted-run.ts';

const vantage = atWorkstation;
const hourMs = 3_600_000;
/** A window of hours begins at a whole one: the least that 24 of them hold. */
const leastHours = 23;
const mostLines = 20;

interface SnapshotLine {
  readonly ns: string;
  readonly cost: number;
}

check(requirements['COST-DAILY-SNAPSHOT'], async (context) => {
  const { cluster, observe, control, hint } = context;
  hint(async () => 'window=1d is today alone, from midnight UTC on (E72)');
  const api = await costApi(context);
  await costsOf(context, api, { window: '24h', aggregate: 'namespace', accumulate: 'true' });
  const folder = await notedFolder(context);
  const run = await runNoted(context, folder, {
    command: ['bash', '-c', await guideCommand('daily-snapshot', cluster.descriptor.profile)],
  });
  observe(endsWell('the daily snapshot', run));
  const window = askedWindow(run.calls[0]);
  const least = window === undefined ? 0 : leastCoveredHours(window, new Date());
  observe({
    subject: 'fewest hours that its window holds, at whatever hour it is run',
    vantage,
    expected: `${leastHours} at least`,
    saw: `${figure(least)} (${window})`,
    held: least >= leastHours,
  });
  const lines = run.stdout.trim().split('\n');
  observe({
    subject: 'lines of the snapshot',
    vantage,
    expected: `1 to ${mostLines}`,
    saw: run.stdout.trim() === '' ? 'none' : String(lines.length),
    held: run.stdout.trim() !== '' && lines.length <= mostLines,
  });
  // A list that is cut in the middle of a document, as the guide's own may be, is read to the last whole one.
  const whole = run.stdout.slice(0, run.stdout.lastIndexOf('}') + 1);
  const told = documentsIn(whole) as SnapshotLine[];
  observe(
    noneOf('namespaces in it without a number as their cost', {
      saw: told.filter(({ cost }) => !(cost >= 0)).map(({ ns }) => ns),
      vantage,
    }),
  );
  observe({
    subject: 'costs above 0 in it',
    vantage,
    expected: 'some',
    saw: String(told.filter(({ cost }) => cost > 0).length),
    held: told.some(({ cost }) => cost > 0),
  });
  const [entry] = allocationsOf(run.served);
  const begins = entry === undefined ? undefined : (Date.now() - Date.parse(entry.window.start)) / hourMs;
  control({
    subject: 'hours between the beginning of the window that OpenCost answers with and now',
    vantage,
    expected: window === undefined ? 'as read here' : `${figure(coveredHours(window, new Date()))} ± 0.1`,
    saw: begins === undefined ? 'no entry' : figure(begins),
    held: begins === undefined || (window !== undefined && Math.abs(begins - coveredHours(window, new Date())) <= 0.1),
  });
});

function allocationsOf(body: string): { window: { start: string } }[] {
  const answer = allocationsIn({ kind: 'answered', status: 200, body });
  return answer.kind === 'sets' ? [...(answer.sets[0]?.values() ?? [])] : [];
}

/** Clocks and zones at a month's border: local dates are a month off there (E77). A zone of POSIX needs no table of the machine's. */
const borders = [
  { now: '2026-03-31 12:00:00 UTC', zone: 'XXX-14', start: '2026-03-01T00:00:00Z', text: '31 March, 14 h east' },
  { now: '2026-04-01 03:00:00 UTC', zone: 'XXX11', start: '2026-04-01T00:00:00Z', text: '1 April, 11 h west' },
  { now: '2026-03-15 12:00:00 UTC', zone: 'UTC0', start: '2026-03-01T00:00:00Z', text: '15 March, in UTC' },
] as const;

check(requirements['COST-API-MONTH-TO-DATE'], async (context) => {
  const { cluster, observe, hint } = context;
  hint(async () => 'START and END of the request: both in UTC (E77)?');
  const folder = await notedFolder(context);
  const command = ['bash', '-c', await guideCommand('month-to-date', cluster.descriptor.profile)];
  for (const { now, zone, start, text } of borders) {
    const run = await runNoted(context, folder, { command, now, zone, answer: '{"code":200,"data":[{}]}' });
    const expected = `${start},${instantText(new Date(now.replace(' UTC', 'Z').replace(' ', 'T')))}`;
    observe(equal(`window that is asked for on ${text}`, { expected, saw: askedWindow(run.calls[0]) ?? 'none', vantage }));
  }
  await observeMonth(context);
});

/** That OpenCost answers for this month what it is asked for, and that its days add up to it. */
async function observeMonth(context: CheckContext): Promise<void> {
  const { observe } = context;
  const api = await costApi(context);
  const now = new Date(Math.floor(Date.now() / 60_000) * 60_000);
  const month = { start: firstOfMonth(now), end: now };
  const set = await judgedSet(context, api, { window: windowText(month), aggregate: 'namespace', resolution: '1m' });
  await refusesBadWindow(context, api);
  const [entry] = set.values();
  if (entry === undefined) return;
  observe(
    equal('window of the answer', { expected: windowText(month), saw: `${entry.window.start},${entry.window.end}`, vantage: api.vantage }),
  );
  const ageMs = await dataAgeMs(context);
  const days = daysOfWindow(month).filter(({ end }) => end.getTime() > now.getTime() - ageMs);
  const costs = await Promise.all(
    days.map(async (day) =>
      sumOf(
        onlySet(await api.allocations({ window: windowText(day), aggregate: 'namespace', accumulate: 'true', resolution: '1m' })),
        ({ totalCost }) => totalCost,
      ),
    ),
  );
  const expected = costs.reduce((sum, cost) => sum + cost, 0);
  const saw = sumOf(set, ({ totalCost }) => totalCost);
  observe(
    near('sum of the month, against its whole days and today', {
      vantage: api.vantage,
      expected,
      saw,
      tolerance: scrapedTolerance(expected) + roundedTolerance(2 * set.size * days.length),
    }),
  );
}
