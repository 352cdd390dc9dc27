import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { allocationsIn, sumOf } from '../../../harness/platform/opencost/allocation.ts';
import { check } from '../check.ts';
import { costApi, costsOf, onlySet } from '../cost-api.ts';
import { atWorkstation } from '../../isolation/provisioning/guide-script.ts';
import { endsWell } from '../guide-command.ts';
import { near, scrapedTolerance } from '../money.ts';
import { requirements } from '../requirements.ts';
import { firstOfMonth, instantText, windowText } from '../windows.ts';
import { answerWith } from './canned-answer.ts';
import { askedWindow, fileOf, notedFolder, runNoted } from './noted-run.ts';
import { descends, invoiceLines, unlikeTenants } from './report-rows.ts';
import { nextRuns, notMonthly, scheduleIn } from './schedule.ts';

const command = ['./monthly-invoice.sh'];
const vantage = atWorkstation;

/** A time as the standing clock takes it. */
function clockText(at: Date): string {
  return `${instantText(at).replace('T', ' ').replace('Z', '')} UTC`;
}

/**
 * On a clock at 08:00 on the first of the next month: its last month is the present one, of which there are data, however young the cluster.
 */
check(requirements['COST-INVOICE-RUN'], async (context) => {
  const { observe, control, hint } = context;
  hint(async () => './monthly-invoice.sh in the folder of the guide, and the file that it writes');
  const [month, next] = [firstOfMonth(new Date()), firstOfMonth(new Date(), 1)];
  const window = windowText({ start: month, end: next });
  const api = await costApi(context);
  const own = await costsOf(context, api, { window, aggregate: 'namespace', accumulate: 'true' });
  const folder = await notedFolder(context);
  const run = await runNoted(context, folder, { command, now: clockText(new Date(next.getTime() + 8 * 3_600_000)) });
  observe(endsWell(`${command.join(' ')} at 08:00 on the first of a month`, run));
  control(equal('month that it says it is about', { expected: instantText(month).slice(0, 7), saw: monthIn(run.stdout), vantage }));
  if (run.code !== 0 || own.kind === 'refused') return;
  const file = `invoice-${instantText(month).slice(0, 7)}.tsv`;
  const text = await fileOf(context, `${folder.folder}/${file}`);
  const lines = invoiceLines(text);
  const set = onlySet(allocationsIn({ kind: 'answered', status: 200, body: run.served }));
  observe({
    subject: `lines of ${file}`,
    vantage,
    expected: 'some',
    saw: text === '' ? 'no such file' : String(lines.length),
    held: lines.length > 0,
  });
  observe(noneOf('lines that do not say what OpenCost answered of tenants', { saw: unlikeTenants(lines, set), vantage }));
  observe(
    noneOf('totals that are larger than the one before', {
      saw: descends(lines.map(({ costs }) => costs.at(-1) ?? 0)) ? [] : [text.trim()],
      vantage,
    }),
  );
  const tenants = (of: typeof set): number =>
    sumOf(new Map([...of].filter(([name]) => name.startsWith('canine-'))), ({ totalCost }) => totalCost);
  const [expected, saw] = [tenants(onlySet(own)), lines.reduce((sum, { costs }) => sum + (costs.at(-1) ?? 0), 0)];
  // The month goes on while both are asked.
  observe(
    near('sum of the invoice, against the API', {
      vantage: api.vantage,
      expected,
      saw,
      tolerance: scrapedTolerance(Math.max(expected, saw), set.size + 1) + 0.05 * expected,
    }),
  );
  const platform = 'longhorn-system';
  control({
    subject: `${platform} in the answer and in the invoice`,
    vantage: api.vantage,
    expected: 'in the answer alone',
    saw: `${set.has(platform) ? 'in' : 'not in'} the answer, ${lines.some(({ namespace }) => namespace === platform) ? 'in' : 'not in'} the invoice`,
    held: set.has(platform) && lines.every(({ namespace }) => namespace !== platform),
  });
});

const cannedTenant = { 'canine-conform': 0.5 };

check(requirements['COST-INVOICE-WINDOW'], async (context) => {
  const { observe, control, hint } = context;
  hint(async () => 'END in monthly-invoice.sh: the first of this month, or now (E34)?');
  const folder = await notedFolder(context);
  const run = await runNoted(context, folder, { command, now: '2026-03-15 08:00:00 UTC', answer: answerWith(cannedTenant) });
  const expected = windowText({ start: new Date('2026-02-01T00:00:00Z'), end: new Date('2026-03-01T00:00:00Z') });
  observe(equal('window that the invoice asks for on 15 March', { expected, saw: askedWindow(run.calls[0]) ?? 'none', vantage }));
  control(equal('month that it says it is about', { expected: '2026-02', saw: monthIn(run.stdout), vantage }));
});

function monthIn(printed: string): string {
  return /Generating invoice for (\d{4}-\d{2})/.exec(printed)?.[1] ?? 'none';
}

check(requirements['COST-INVOICE-MONTH'], async (context) => {
  const { observe, control, hint } = context;
  hint(async () => 'MONTH in monthly-invoice.sh: "last month" of the 31st is a day of this month (E79)');
  const folder = await notedFolder(context);
  for (const day of ['01', '29', '30', '31']) {
    const run = await runNoted(context, folder, { command, now: `2026-03-${day} 08:00:00 UTC`, answer: answerWith(cannedTenant) });
    observe(equal(`month of the invoice on ${day} March`, { expected: '2026-02', saw: monthIn(run.stdout), vantage }));
    observe(
      equal(`start of its window on ${day} March`, {
        expected: '2026-02-01T00:00:00Z',
        saw: askedWindow(run.calls[0])?.split(',')[0] ?? 'none',
        vantage,
      }),
    );
  }
  const other = await runNoted(context, folder, { command, now: '2026-05-15 08:00:00 UTC', answer: answerWith(cannedTenant) });
  control(equal('month of the invoice on 15 May', { expected: '2026-04', saw: monthIn(other.stdout), vantage }));
});

/** Guide, OPT-6: the line of the crontab, by its five fields. */
const documentedSchedule = '0 8 1 * *';

check(requirements['COST-INVOICE-SCHEDULE'], async ({ cluster, observe, control, signal }) => {
  const { stdout } = await cluster.runAsReader(['crontab', '-l'], signal);
  const lines = stdout.split('\n').filter((line) => !line.trimStart().startsWith('#') && line.trim() !== '');
  const own = lines.find((line) => line.includes('monthly-invoice.sh'));
  observe({
    subject: 'line of the crontab for the invoice',
    vantage,
    expected: documentedSchedule,
    saw: own ?? 'none',
    held: own?.trim().startsWith(`${documentedSchedule} `) === true,
  });
  if (own !== undefined)
    observe(
      noneOf('next 14 runs that are not monthly at 08:00 on the 1st', {
        saw: notMonthly(nextRuns(scheduleIn(own), new Date(), 14)),
        vantage,
      }),
    );
  const { code } = await cluster.runAsReader(['sh', '-c', 'command -v crontab'], signal);
  control(equal('crontab of the admin workstation', { expected: 'there', saw: code === 0 ? 'there' : 'not there', vantage }));
});
