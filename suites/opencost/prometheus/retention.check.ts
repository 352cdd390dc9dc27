import { promised } from '../../../guide/limits.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Prometheus, atPrometheus, prometheusOf } from '../../../harness/platform/prometheus/prometheus.ts';
import { daysWithin, retentionOf } from '../../../harness/platform/prometheus/retention.ts';
import { check } from '../check.ts';
import { dataAgeMs } from '../cost-api.ts';
import { figure } from '../money.ts';
import { requirements } from '../requirements.ts';
import { sizeAt } from '../volumes.ts';
import { bytesPerDay, roomNeeded } from './growth.ts';

const { retentionDays, roomShare, prometheusVolumeBytes } = promised.opencost;
const vantage = atPrometheus;
const dayMs = 86_400_000;

/** The present growth, from the samples that come in. Throws where nothing comes in. */
async function growth(prometheus: Prometheus, over: string): Promise<number> {
  const [rate] = await prometheus.query(`sum(rate(prometheus_tsdb_head_samples_appended_total[${over}]))`);
  const [perSample] = await prometheus.query(
    'sum(prometheus_tsdb_compaction_chunk_size_bytes_sum) / sum(prometheus_tsdb_compaction_chunk_samples_sum)',
  );
  if (rate === undefined || rate.value <= 0) throw new Error('Prometheus does not tell how many samples come in');
  return bytesPerDay(rate.value, perSample?.value);
}

check(requirements['COST-RETENTION-30D'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'kubectl -n prometheus-system get deployment prometheus-server -o yaml: storage.tsdb.retention.time and .size');
  const prometheus = await prometheusOf(cluster, signal);
  const { days, bytes } = retentionOf(await prometheus.flags());
  observe({
    subject: 'days that the limit of time keeps',
    vantage,
    expected: `${retentionDays} at least`,
    saw: figure(days),
    held: days >= retentionDays,
  });
  const perDay = bytes === undefined ? 0 : await growth(prometheus, '5m');
  const bySize = daysWithin(bytes, perDay);
  observe({
    subject: 'days for which the limit of size has room, at the present growth',
    vantage,
    expected: `${retentionDays} at least`,
    saw: bytes === undefined ? 'no limit of size' : `${figure(bySize)}: ${figure(bytes)} bytes, ${figure(perDay)} a day`,
    held: bySize >= retentionDays,
  });
  const ageDays = (await dataAgeMs({ cluster, signal })) / dayMs;
  const isOld = ageDays >= 30;
  const past = isOld ? await prometheus.query('count(up offset 30d)') : [];
  observe({
    subject: 'series 30 days ago',
    vantage,
    expected: isOld ? 'some' : `none yet: the data are ${figure(ageDays)} days old, so the limits alone decide`,
    saw: isOld ? `${past[0]?.value ?? 0}` : 'not asked for',
    held: !isOld || past.length > 0,
  });
  const beyond = Number.isFinite(days) ? Math.ceil(days) + 2 : 400;
  const [now, long] = await Promise.all([prometheus.query('count(up)'), prometheus.query(`count(up offset ${beyond}d)`)]);
  control(
    equal(`answers of the same query for now and for ${beyond} days ago`, {
      expected: '1 and 0',
      saw: `${now.length} and ${long.length}`,
      vantage,
    }),
  );
});

/** The register's half hour on a cluster that is older. */
const leastMinutes = 10;

check(
  requirements['COST-RETENTION-ROOM'],
  async (context) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'the rate of prometheus_tsdb_head_samples_appended_total by job: which job brings the most?');
    const prometheus = await prometheusOf(cluster, signal);
    const minutes = await sampledMinutes(context);
    const [perDay, [log], flags, printed] = await Promise.all([
      growth(prometheus, `${minutes}m`),
      prometheus.query('sum(prometheus_tsdb_wal_storage_size_bytes)'),
      prometheus.flags(),
      cluster.kubernetes.run(prometheus.pod, 'df -P -k /data', signal),
    ]);
    const { bytes } = retentionOf(flags);
    const room = Math.min(prometheusVolumeBytes * roomShare, bytes ?? Number.POSITIVE_INFINITY);
    const needed = roomNeeded(perDay, { days: retentionDays, logBytes: log?.value ?? 0 });
    observe({
      subject: `room that ${retentionDays} days take, at the rate of the last ${minutes} min`,
      vantage,
      expected: `at most ${figure(room / 1e9)} GB`,
      saw: `${figure(needed / 1e9)} GB, ${figure(perDay / 1e6)} MB a day`,
      held: needed <= room,
    });
    const size = sizeAt(printed, '/data') ?? 0;
    control({
      subject: 'size of the file system at /data, whose own tables take some of the volume',
      vantage: "Prometheus's own pod",
      expected: '90 to 100 % of 20Gi',
      saw: `${figure(size / 1024 ** 3)} GiB`,
      held: size >= 0.9 * prometheusVolumeBytes && size <= prometheusVolumeBytes,
    });
  },
  { deadlineMs: (leastMinutes + 5) * 60_000 },
);

/** Waits until there is a rate to speak of; half an hour where the data are older than that. */
async function sampledMinutes(context: CheckContext): Promise<number> {
  const options = { timeoutMs: (leastMinutes + 1) * 60_000, everyMs: 10_000, signal: context.signal };
  return until(`${leastMinutes} min of data`, options, async () => {
    const minutes = Math.floor((await dataAgeMs(context)) / 60_000);
    return minutes >= leastMinutes ? { done: Math.min(30, minutes) } : { notYet: `${minutes} min` };
  });
}
