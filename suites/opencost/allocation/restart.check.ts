import { promised } from '../../../guide/limits.ts';
import { atApi, noneOf } from '../../../harness/engine/measured.ts';
import { roundingError } from '../../../harness/platform/opencost/allocation.ts';
import { anotherPod } from '../another-pod.ts';
import { check } from '../check.ts';
import { closedData } from '../closed-data.ts';
import { costApi, onlySet, opencostPods } from '../cost-api.ts';
import { judgedSet } from '../judged.ts';
import { figure } from '../money.ts';
import { requirements } from '../requirements.ts';
import { windowText } from '../windows.ts';

const { readyMs } = promised.opencost;
const { namespace, selector } = opencostPods;
/** Register, COST-OC-RESTART: the share by which a figure may differ. */
const equalShare = 0.001;

check(
  requirements['COST-OC-RESTART'],
  async (context) => {
    const { cluster, observe, control, hint } = context;
    hint(async () => 'kubectl -n opencost logs deployment/opencost: does it reach Prometheus after its start?');
    const { core } = cluster.kubernetes;
    const asked = { window: windowText(await closedData(context, { most: 60, least: 3 })), aggregate: 'namespace', resolution: '1m' };
    const before = await judgedSet(context, await costApi(context), asked);
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: selector });
    await Promise.all(items.map(({ metadata }) => core.deleteNamespacedPod({ namespace, name: metadata?.name ?? '' })));
    const came = await anotherPod(context, { of: 'OpenCost', pods: opencostPods, before: items });
    if (came === undefined) return;
    const api = await costApi(context);
    const after = onlySet(await api.allocations({ ...asked, accumulate: 'true' }));
    const names = new Set([...before.keys(), ...after.keys()]);
    const changed = [...names].flatMap((name) => {
      const [one, two] = [before.get(name)?.totalCost, after.get(name)?.totalCost];
      const isEqual = one !== undefined && two !== undefined && Math.abs(one - two) <= equalShare * one + 2 * roundingError;
      return isEqual
        ? []
        : [`${name}: ${one === undefined ? 'none' : figure(one)} before, ${two === undefined ? 'none' : figure(two)} after`];
    });
    observe(noneOf('namespaces with another cost of the same closed window after the restart', { saw: changed, vantage: api.vantage }));
    const started = came.status?.containerStatuses?.find(({ name }) => name === 'opencost')?.state?.running?.startedAt?.getTime() ?? 0;
    control({
      subject: 'start of the process that answers',
      vantage: atApi,
      expected: 'after the first reading',
      saw: new Date(started).toISOString(),
      held: items.every(({ metadata }) => started > (metadata?.creationTimestamp?.getTime() ?? 0)),
    });
  },
  { deadlineMs: readyMs + 300_000 },
);
