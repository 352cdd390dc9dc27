import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { allocationsIn } from '../../../harness/platform/opencost/allocation.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { check } from '../check.ts';
import { costApi, costsOf, onlySet } from '../cost-api.ts';
import { atWorkstation } from '../../isolation/provisioning/guide-script.ts';
import { endsWell } from '../guide-command.ts';
import { requirements } from '../requirements.ts';
import { answerWith } from './canned-answer.ts';
import { notedFolder, runNoted } from './noted-run.ts';
import { reportRows, unlikeAnswer } from './report-rows.ts';

const command = ['./tenant-cost-report.sh'];
const vantage = atWorkstation;

check(requirements['COST-REPORT-RUN'], async (context) => {
  const { cluster, observe, control, hint } = context;
  hint(async () => './tenant-cost-report.sh in the folder of the guide: what does curl answer, and jq say to it?');
  const api = await costApi(context);
  const namespaces = await costsOf(context, api, { window: '30d', aggregate: 'namespace', accumulate: 'true', resolution: '1m' });
  const folder = await notedFolder(context);
  const report = await runNoted(context, folder, { command });
  observe(endsWell(command.join(' '), report));
  if (report.code === 0) {
    const rows = reportRows(report.stdout);
    const set = onlySet(allocationsIn({ kind: 'answered', status: 200, body: report.served }));
    observe({ subject: 'rows of the report', vantage, expected: 'some', saw: String(rows.length), held: rows.length > 0 });
    observe(noneOf('rows that do not say what OpenCost answered', { saw: unlikeAnswer(rows, set), vantage }));
    const tenants = (await livingTenants(cluster.kubernetes)).map(({ name }) => name).filter((name) => set.has(name));
    observe(
      equal('tenants with a cost that have a row', {
        expected: tenants,
        saw: tenants.filter((name) => rows.some(({ namespace }) => namespace === name)),
        vantage,
      }),
    );
    observe({
      subject: 'its last line',
      vantage,
      expected: 'All costs in USD',
      saw: report.stdout.trim().split('\n').at(-1) ?? '',
      held: report.stdout.trim().endsWith('All costs in USD'),
    });
  }
  const dead = await runNoted(context, folder, { command, isDead: true });
  observe({
    subject: 'the report without the API',
    vantage,
    expected: 'another exit code than 0',
    saw: `exit code ${dead.code}`,
    held: dead.code !== 0,
  });
  const canned = await runNoted(context, folder, { command, answer: answerWith({ 'canine-conform': 0.5 }) });
  control(
    equal('rows of a report that is answered with one namespace', {
      expected: '1',
      saw: String(reportRows(canned.stdout).length),
      vantage,
    }),
  );
  const [same] = namespaces.kind === 'sets' ? namespaces.sets : [];
  if (same !== undefined && report.code === 0) {
    const missing = [...same.keys()].filter((name) => !reportRows(report.stdout).some(({ namespace }) => namespace === name));
    observe(noneOf('namespaces of the same request by this check without a row', { saw: missing, vantage: api.vantage }));
  }
});

/** Small numbers, which jq writes with an exponent, among them (erratum E75). */
const ordered = { big: 0.5, small: 0.000_012_34, none: 0 };

check(requirements['COST-REPORT-ORDER'], async (context) => {
  const { observe, control, hint } = context;
  hint(async () => 'sort in tenant-cost-report.sh: -n reads 1.2e-05 as 1.2, -g does not (E75)');
  const folder = await notedFolder(context);
  const orderOf = async (totals: Readonly<Record<string, number>>): Promise<string> => {
    const { stdout } = await runNoted(context, folder, { command, answer: answerWith(totals) });
    return reportRows(stdout)
      .map(({ namespace }) => namespace)
      .join(', ');
  };
  const expected = Object.keys(ordered).join(', ');
  observe({ subject: 'order of a report of three costs', vantage, expected, ...judged(expected, await orderOf(ordered)) });
  const reversed = await orderOf(Object.fromEntries(Object.entries(ordered).toReversed()));
  observe({ subject: 'order of the same report, answered in reverse', vantage, expected, ...judged(expected, reversed) });
  const plain = await orderOf({ low: 0.25, high: 0.75 });
  control({ subject: 'order of two costs without an exponent', vantage, expected: 'high, low', ...judged('high, low', plain) });
});

function judged(expected: string, saw: string): { saw: string; held: boolean } {
  return { saw: saw || 'no rows', held: saw === expected };
}
