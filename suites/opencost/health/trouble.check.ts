import { stripVTControlCharacters } from 'node:util';
import { promised } from '../../../guide/limits.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { onlySet, costApi, costsOf } from '../cost-api.ts';
import { sumOf } from '../../../harness/platform/opencost/allocation.ts';
import { check } from '../check.ts';
import { atWorkstation } from '../../isolation/provisioning/guide-script.ts';
import { endsWell, guideCommand, runCommand } from '../guide-command.ts';
import { figure } from '../money.ts';
import { requirements } from '../requirements.ts';

const vantage = atWorkstation;
const mostLines = 100;

check(requirements['COST-TROUBLE-LOGS'], async (context) => {
  const { cluster, observe, control, hint } = context;
  hint(async () => 'kubectl -n opencost get pods --show-labels');
  const command = await guideCommand('trouble-logs', cluster.descriptor.profile);
  const [run, misspelt] = [
    await runCommand(context, command, { LABEL: 'opencost' }),
    await runCommand(context, command, { LABEL: 'openkost' }),
  ];
  observe(endsWell('the documented command', run));
  const lines = run.stdout.split('\n').filter((line) => line !== '');
  observe({
    subject: 'lines of the log',
    vantage,
    expected: `1 to ${mostLines}`,
    saw: String(lines.length),
    held: lines.length > 0 && lines.length <= mostLines,
  });
  // Its levels are coloured.
  const own = lines.map(stripVTControlCharacters).find((line) => /\b(INF|WRN|ERR|DBG)\b/.test(line));
  observe({
    subject: "a line in the form of OpenCost's own log",
    vantage,
    expected: 'one at least',
    saw: own?.slice(0, 200) ?? 'none',
    held: own !== undefined,
  });
  control(
    equal('lines by a misspelt label', {
      expected: '0',
      saw: String(misspelt.stdout.split('\n').filter((line) => line !== '').length),
      vantage,
    }),
  );
});

/** Guide, OpenCost, Step 3. */
const prometheusHost = 'prometheus-server.prometheus-system.svc.cluster.local';

check(requirements['COST-TROUBLE-PROM-FROM-POD'], async (context) => {
  const { cluster, observe, control, hint } = context;
  hint(
    async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: what admits namespace opencost to prometheus-system (E20)?',
  );
  const command = await guideCommand('trouble-prometheus', cluster.descriptor.profile);
  const { queryAnswersMs } = promised.opencost;
  const bounded = (host: string) =>
    runCommand(context, `timeout ${queryAnswersMs / 1000} bash -c "$COMMAND"; echo "ended with $?" >&2`, { HOST: host, COMMAND: command });
  const run = await bounded(prometheusHost);
  const isLate = run.stderr.includes('ended with 124');
  observe({
    subject: 'the documented request from the pod',
    vantage,
    expected: `success with a result within ${queryAnswersMs / 1000} s`,
    saw: isLate ? 'no answer in time' : run.stdout.slice(0, 200) || run.stderr.trim().slice(0, 200),
    held: /"status":"success"/.test(run.stdout) && /"result":\[\{/.test(run.stdout),
    ...lateIf(isLate),
  });
  const none = await bounded(`conform-no-such.${prometheusHost}`);
  control({
    subject: 'the same request to a name that is not there',
    vantage,
    expected: 'no answer',
    saw: none.stdout || none.stderr.trim().slice(0, 200),
    held: none.stdout === '',
  });
});

/** Long before any cluster: no sample is so old. */
const emptyWindow = '2020-01-01T00:00:00Z,2020-01-02T00:00:00Z';

check(requirements['COST-TROUBLE-CODE'], async (context) => {
  const { cluster, observe, control, hint } = context;
  hint(async () => '.code says that the query ran; the sum of totalCost says whether there is a cost (E74)');
  const api = await costApi(context);
  const asked = { aggregate: 'namespace', accumulate: 'true' };
  const today = await costsOf(context, api, { ...asked, window: '1d' });
  const past = await api.allocations({ ...asked, window: emptyWindow });
  const command = await guideCommand('trouble-code', cluster.descriptor.profile);
  const [withCost, without] = [
    await runCommand(context, command, { WINDOW: '1d' }),
    await runCommand(context, command, { WINDOW: emptyWindow }),
  ];
  observe(endsWell('the documented test', withCost));
  const [one, other] = [withCost.stdout.trim(), without.stdout.trim()];
  observe({
    subject: 'its answer where there is no cost',
    vantage,
    expected: `another than with cost, ${one || 'nothing'}`,
    saw: other || 'nothing',
    held: one !== '' && other !== one,
  });
  const totalOf = (answer: typeof today): number => sumOf(onlySet(answer), ({ totalCost }) => totalCost);
  const [some, none] = [totalOf(today), totalOf(past)];
  control({
    subject: 'costs of both windows',
    vantage: api.vantage,
    expected: 'more than 0, and 0',
    saw: `${figure(some)}, and ${figure(none)}`,
    held: some > 0 && none === 0,
  });
});
