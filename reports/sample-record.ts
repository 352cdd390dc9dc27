import { runRecord, runRecordVersion } from '../harness/engine/run-record.ts';
import type {
  ConnectionMatrix,
  Observation,
  Result,
  RunRecord,
  SampledSeries,
  StepOutcome,
  Verdict,
} from '../harness/engine/run-record.ts';
import type { ClusterSurvey, SurveyedNode } from '../harness/engine/survey.ts';

const startedAt = '2026-05-04T02:00:00.000Z';

const admins: Result['errata'][number] = {
  id: 'E19',
  section: 'Admin access Step 1',
  happens: 'traffic announced on another node is masqueraded: the admins themselves are denied',
  correction: 'externalTrafficPolicy: Local',
};

const steps: StepOutcome[] = [
  { id: 'bootstrap', title: 'Bootstrap etcd on cp01', guide: 'Step 9', outcome: 'done', detail: '', startedAt, durationMs: 8200 },
  {
    id: 'talos-firewall',
    title: 'Restrict the Talos API',
    guide: 'Admin access Step 3',
    outcome: 'failed',
    detail: 'unknown keys found during decoding:\nmachine:\n  network:\n    firewall: {}',
    erratum: 'E06',
    startedAt,
    durationMs: 310,
  },
];

/** An observation for tests, alice to bob. */
export function sampleObservation(changes: Partial<Observation> = {}): Observation {
  return {
    role: 'observation',
    key: 'alice/client -> bob/web: silence, no connection',
    subject: 'alice/client -> bob/web 10.244.180.2:80/tcp',
    vantage: 'pod canine-alice/client on w01',
    at: '2026-05-04T02:00:03.250Z',
    expected: 'no connection within 3 s',
    saw: 'connected after 1 ms',
    held: false,
    raw: { kind: 'connected', afterMs: 1, source: '10.244.17.5' },
    ...changes,
  };
}

/** A kept result on real parts for tests; `requirement` changes its requirement, `changes` the rest. */
export function sampleResult(requirement: Partial<Result['requirement']> = {}, changes: Partial<Omit<Result, 'requirement'>> = {}): Result {
  return {
    requirement: {
      id: 'ISO-SAME-NAMESPACE-ALLOW',
      suite: 'isolation',
      promise: 'Pods of one tenant reach each other on any port and protocol, on one node and across nodes.',
      guide: ['Step 6 (NetworkPolicy)'],
      severity: 'major',
      kind: 'active',
      needs: ['kubernetes', 'calico'],
      fault: 'a policy denies all traffic within the namespace',
      ...requirement,
    },
    verdict: { kind: 'kept' },
    basis: { kind: 'real' },
    errata: [],
    observations: [],
    attachments: [],
    series: [],
    touched: ['kubernetes', 'calico'],
    undeclared: [],
    attempts: 1,
    flaky: false,
    startedAt,
    durationMs: 1240,
    ...changes,
  };
}

/** A Service sampled for 12 s while the node that announces it is powered off; it is silent from second 4 to 6.3. */
export function sampleSeries(changes: Partial<SampledSeries> = {}): SampledSeries {
  const samples = Array.from({ length: 120 }, (_, index) => {
    const atMs = index * 100 + 3;
    if (atMs > 4000 && atMs < 6300) return { atMs, outcome: 'timeout', ok: false };
    return { atMs, outcome: 'answered 200', ok: true, answeredBy: atMs < 4000 ? 'echo-w01' : 'echo-w02' };
  });
  return {
    name: 'dashboard at its address',
    vantage: 'admin 192.168.1.10',
    target: 'http://192.168.29.101/hostname',
    connection: 'new',
    startedAt,
    everyMs: 100,
    samples,
    events: [
      { atMs: 3950, text: 'power off w01' },
      { atMs: 9000, text: 'power on w01' },
    ],
    longestGapMs: 2400,
    failures: 23,
    ...changes,
  };
}

/** Two tenants and a host, who reach their own and the host. */
export function sampleMatrix(changes: Partial<ConnectionMatrix> = {}): ConnectionMatrix {
  const sources = [
    { id: 'alice on w01', group: 'tenant alice', address: 'pod canine-alice/echo-w01' },
    { id: 'bob on w02', group: 'tenant bob', address: 'pod canine-bob/echo-w02' },
    { id: 'admin', group: 'outside', address: 'admin 192.168.1.10' },
  ];
  const targets = [
    { id: 'alice pod on w01', group: 'tenant alice', address: '10.244.211.5:8080/tcp' },
    { id: 'alice service', group: 'tenant alice', address: '10.96.4.1:80/tcp' },
    { id: 'bob pod on w02', group: 'tenant bob', address: '10.244.180.5:8080/tcp' },
    { id: 'w01:50000', group: 'nodes', address: '192.168.29.21:50000/tcp' },
  ];
  const cells = [
    ['connected', 'connected', 'timeout', 'refused'],
    ['timeout', 'reset', 'connected', 'unreachable'],
    ['timeout', null, 'timeout', 'connected'],
  ];
  return { state: 'all steps applied', measuredAt: '2026-05-04T02:00:30.000Z', durationMs: 4100, sources, targets, cells, ...changes };
}

/** One verdict of each kind, for tests. */
export const sampleVerdicts = {
  kept: { kind: 'kept' },
  broken: {
    kind: 'broken',
    expected: 'alice/client cannot connect to bob/web 10.244.180.2:80',
    saw: 'connected after 1 ms, 4 of 4 placements; controls held',
    next: 'kubectl -n canine-bob get networkpolicy: bob-admits-alice allows namespace canine-alice',
  },
  inconclusive: {
    kind: 'inconclusive',
    reason: 'a control failed: bob/client does not reach bob/web',
    next: 'kubectl -n canine-bob get pods -o wide',
  },
  'not-run': { kind: 'not-run', reason: 'needs node-power, which is absent: no power control was given' },
  waived: { kind: 'waived', owner: 'storage team', until: '2026-09-30', saw: 'no backup target is configured' },
} as const satisfies { [Kind in Verdict['kind']]: Extract<Verdict, { kind: Kind }> };

const results: Result[] = [
  sampleResult(
    {},
    {
      observations: [
        sampleObservation({
          key: 'alice/client -> alice/web: connects',
          subject: 'alice/client -> alice/web 10.244.17.6:8080/tcp',
          expected: 'a connection',
          saw: 'connected after 1 ms',
          held: true,
        }),
        sampleObservation({
          role: 'control',
          key: 'alice/client -> alice/web, a port that nobody listens on: no connection',
          subject: 'alice/client -> alice/web, a port that nobody listens on 10.244.17.6:9/tcp',
          expected: 'no connection',
          saw: 'refused after 1 ms',
          held: true,
          raw: { kind: 'refused', afterMs: 1 },
        }),
      ],
    },
  ),
  sampleResult(
    {
      id: 'ISO-CROSS-TENANT-DENY',
      promise: 'A tenant pod cannot open a TCP connection to a pod of another tenant.',
      guide: ['Tenant Isolation Model', 'Test Tenant Isolation'],
      severity: 'critical',
    },
    {
      verdict: sampleVerdicts.broken,
      observations: [
        sampleObservation(),
        sampleObservation({
          role: 'control',
          key: 'alice/client -> alice/web: connects',
          subject: 'alice/client -> alice/web 10.244.17.6:80/tcp',
          expected: 'a connection',
          saw: 'connected after 1 ms',
          held: true,
        }),
        sampleObservation({
          role: 'control',
          key: 'bob/client -> bob/web: connects',
          subject: 'bob/client -> bob/web 10.244.180.2:80/tcp',
          vantage: 'pod canine-bob/client on w02',
          expected: 'a connection',
          saw: 'connected after 2 ms',
          held: true,
          raw: 'Connected to 10.244.180.2:80\n',
        }),
      ],
      attachments: [
        {
          title: 'network policies of the namespaces',
          mediaType: 'text/yaml',
          text: 'kind: NetworkPolicy\nmetadata: {name: bob-admits-alice}\n',
        },
        { title: 'packet counters, routes and neighbours of w01', mediaType: 'text/plain', text: 'default via 192.168.29.1 dev eth0\n' },
      ],
      durationMs: 3310,
    },
  ),
  sampleResult(
    {
      id: 'ISO-CROSS-TENANT-SERVICE',
      promise: 'A ClusterIP Service of another tenant does not answer.',
      guide: ['Tenant Isolation Model'],
      severity: 'critical',
    },
    {
      verdict: sampleVerdicts.inconclusive,
      observations: [
        sampleObservation({
          role: 'control',
          key: 'bob/client -> bob/web: connects',
          subject: 'bob/client -> bob/web 10.99.4.1:80/tcp',
          vantage: 'pod canine-bob/client on w02',
          expected: 'a connection',
          saw: 'time-out after 3 s',
          held: false,
        }),
      ],
      attempts: 2,
      durationMs: 3020,
    },
  ),
  sampleResult(
    {
      id: 'ADM-ADMINS-REACH-LB',
      suite: 'admin-access',
      promise: 'The admin workstation reaches the Services at .100 to .102.',
      guide: ['Admin access Step 1'],
      needs: ['kubernetes', 'metallb', 'outside-vantage'],
    },
    {
      verdict: {
        kind: 'broken',
        expected: '192.168.1.10 connects to 192.168.29.100:80',
        saw: 'time-out after 3 s, source masqueraded to 192.168.29.22',
        next: 'kubectl get service -A -o wide: externalTrafficPolicy',
      },
      errata: [admins],
      observations: [
        sampleObservation({
          key: 'admin -> dashboard at its address: connects',
          subject: '192.168.1.10 -> 192.168.29.100:80/tcp',
          vantage: 'admin 192.168.1.10',
          expected: 'a connection',
          saw: 'time-out after 3 s',
        }),
      ],
      series: [sampleSeries(), sampleSeries({ name: 'dashboard at its address, kept open', connection: 'kept-open' })],
    },
  ),
  sampleResult(
    {
      id: 'STOR-REPLICAS',
      suite: 'storage',
      promise: 'A volume has three replicas, each on another worker.',
      guide: ['Install Longhorn'],
      severity: 'critical',
      needs: ['longhorn'],
    },
    { basis: { kind: 'stand-in', components: ['longhorn'] }, attempts: 2, durationMs: 840 },
  ),
  sampleResult(
    {
      id: 'STOR-BACKUP',
      suite: 'storage',
      promise: 'Every volume has a backup outside the cluster.',
      guide: ['Backups'],
      needs: ['longhorn'],
    },
    { verdict: sampleVerdicts.waived },
  ),
  ...['NODE-REBOOT-RETURNS', 'NODE-POWER-LOSS'].map((id) =>
    sampleResult(
      {
        id,
        suite: 'nodes',
        promise: 'A worker that loses its power comes back by itself.',
        guide: ['Cluster Topology'],
        kind: 'disruptive',
        needs: ['node-power'],
      },
      { verdict: sampleVerdicts['not-run'], durationMs: 0 },
    ),
  ),
];

/** What a healthy cluster of four nodes tells of itself. */
export function sampleSurvey(changes: Partial<ClusterSurvey> = {}): ClusterSurvey {
  const node = (name: string, address: string, role: SurveyedNode['role']): SurveyedNode => ({
    name,
    address,
    role,
    kubelet: 'v1.30.8',
    notReady: '',
  });
  const nodes = [
    node('cp01', '192.168.29.11', 'control-plane'),
    node('cp02', '192.168.29.12', 'control-plane'),
    node('w01', '192.168.29.21', 'worker'),
    node('w02', '192.168.29.22', 'worker'),
  ];
  return {
    at: startedAt,
    kubernetesVersion: { kind: 'seen', value: 'v1.30.8' },
    nodes: { kind: 'seen', value: nodes },
    apiServers: nodes.slice(0, 2).map(({ name, address }) => ({ name, address, answer: { kind: 'seen', value: 'ready' } })),
    unavailable: { kind: 'seen', value: [] },
    metrics: { kind: 'seen', value: 4 },
    versions: { kind: 'seen', value: { calico: 'v3.28.2' } },
    ...changes,
  };
}

/** A small run of every kind of verdict, valid by the record's schema; for tests of reports. */
export function sampleRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return runRecord.parse({
    schemaVersion: runRecordVersion,
    run: {
      id: '20260504-0200-7f3a',
      startedAt,
      durationMs: 134_000,
      command: './conform rehearse',
      product: { version: '0.1.0', revision: '7f3a9c1' },
      access: { fallbacks: [], retries: [] },
    },
    cluster: {
      provider: 'lab',
      name: 'rehearsal',
      profile: 'as-written',
      survey: sampleSurvey(),
      capabilities: {
        kubernetes: { kind: 'real', version: 'v1.30.8' },
        calico: { kind: 'real', version: 'v3.28.2' },
        longhorn: { kind: 'stand-in', for: 'Longhorn v1.7', reason: 'needs kernel modules that a namespace does not have' },
        'node-power': { kind: 'absent', reason: 'no power control was given' },
      },
      steps,
    },
    causes: [],
    results: results.map((result, index) => ({ ...result, startedAt: `2026-05-04T02:01:${10 + 5 * index}.000Z` })),
    matrices: [sampleMatrix()],
    ...changes,
  });
}
