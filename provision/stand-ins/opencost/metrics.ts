import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster, ClusterPod, Container } from './cluster.ts';
import type { Prices } from './pricing.ts';
import type { Prometheus } from './prometheus.ts';
import { sanitizeLabel } from './properties.ts';
import { quantity } from './quantity.ts';

type LabelSet = Readonly<Record<string, string>>;

/** A family of gauges, in the text format of Prometheus. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly gauges: readonly (readonly [labels: LabelSet, value: number])[];
}

/** Use of containers over the last two minutes, by namespace/pod/container: cores and bytes. */
export interface Usage {
  readonly cores: ReadonlyMap<string, number>;
  readonly bytes: ReadonlyMap<string, number>;
}

interface MetricsInput {
  readonly cluster: Cluster;
  readonly usage: Usage;
  readonly prices: Prices;
  readonly clusterId: string;
  readonly startedAt: number;
}

const gib = 1024 ** 3;

/** Everything that Prometheus scrapes of OpenCost, as far as allocations and assets need it (pkg/costmodel/metrics.go, pkg/metrics). */
export function exposition(input: MetricsInput): string {
  const families = [
    ...containerFamilies(input),
    ...objectFamilies(input),
    ...priceFamilies(input),
    ...volumeFamilies(input),
    ...clusterFamilies(input),
  ];
  return families
    .filter(({ gauges }) => gauges.length > 0)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap(lines)
    .map((line) => `${line}\n`)
    .join('');
}

function lines({ name, help, gauges }: Family): readonly string[] {
  return [
    `# HELP ${name} ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...gauges.map(([labels, value]) => `${name}${labelText(labels)} ${value}`),
  ];
}

function labelText(labels: LabelSet): string {
  const pairs = Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return pairs.length === 0 ? '' : `{${pairs.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

function escaped(value: string): string {
  return value
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}

function family(name: string, help: string, gauges: Family['gauges']): Family {
  return { name, help, gauges };
}

function running({ cluster }: MetricsInput): readonly ClusterPod[] {
  return cluster.pods.filter(({ status, spec }) => status.phase === 'Running' && spec.nodeName !== undefined);
}

function perContainer(pods: readonly ClusterPod[], gauge: (pod: ClusterPod, container: Container) => number): Family['gauges'] {
  return pods.flatMap((pod) => pod.spec.containers.map((container) => [containerLabels(pod, container), gauge(pod, container)] as const));
}

function containerLabels({ metadata, spec }: ClusterPod, container: Container): LabelSet {
  const node = spec.nodeName ?? '';
  return { container: container.name, instance: node, namespace: metadata.namespace ?? '', node, pod: metadata.name };
}

/** An allocation is the greater of request and use. */
function containerFamilies(input: MetricsInput): readonly Family[] {
  const pods = running(input);
  const { cores, bytes } = input.usage;
  const key = ({ metadata }: ClusterPod, { name }: Container): string => `${metadata.namespace}/${metadata.name}/${name}`;
  const request = (container: Container, resource: string): number => quantity(container.resources?.requests?.[resource]);
  const cpu = perContainer(pods, (pod, container) => Math.max(request(container, 'cpu'), cores.get(key(pod, container)) ?? 0));
  const ram = perContainer(pods, (pod, container) => Math.max(request(container, 'memory'), bytes.get(key(pod, container)) ?? 0));
  const gpu = perContainer(pods, (_, container) => request(container, 'nvidia.com/gpu'));
  return [
    family('container_cpu_allocation', 'Percent of a single CPU used in a minute', cpu),
    family('container_memory_allocation_bytes', 'Bytes of RAM used', ram),
    family('container_gpu_allocation', 'GPU used', gpu),
    family('kube_pod_container_status_running', 'pods container status', statusGauges(pods)),
    family('kube_pod_container_resource_requests', 'pods container resource requests', requestGauges(input.cluster.pods)),
  ];
}

function statusGauges(pods: readonly ClusterPod[]): Family['gauges'] {
  return pods.flatMap(({ metadata, status }) =>
    (status.containerStatuses ?? [])
      .filter(({ state }) => state?.running !== undefined)
      .map(
        ({ name }) => [{ container: name, namespace: metadata.namespace ?? '', pod: metadata.name, uid: metadata.uid ?? '' }, 1] as const,
      ),
  );
}

function requestGauges(pods: readonly ClusterPod[]): Family['gauges'] {
  const units: Readonly<Record<string, string>> = { cpu: 'core', memory: 'byte', 'ephemeral-storage': 'byte', 'nvidia.com/gpu': 'integer' };
  return pods.flatMap(({ metadata, spec }) =>
    spec.containers.flatMap(({ name, resources }) =>
      Object.entries(resources?.requests ?? {}).map(([resource, amount]) => {
        const own = {
          container: name,
          namespace: metadata.namespace ?? '',
          node: spec.nodeName ?? '',
          pod: metadata.name,
          uid: metadata.uid ?? '',
        };
        return [{ ...own, resource: sanitizeLabel(resource), unit: units[resource] ?? 'integer' }, quantity(amount)] as const;
      }),
    ),
  );
}

function prefixed(labels: LabelSet | undefined): LabelSet {
  return Object.fromEntries(Object.entries(labels ?? {}).map(([name, value]) => [`label_${sanitizeLabel(name)}`, value]));
}

function objectFamilies({ cluster }: MetricsInput): readonly Family[] {
  const namespaceLabels = new Map(cluster.namespaces.map(({ metadata }) => [metadata.name, prefixed(metadata.labels)]));
  const place = (namespace: string | undefined): string => namespace ?? '';
  return [
    family(
      'kube_namespace_labels',
      'kube_namespace_annotations Namespace Annotations',
      [...namespaceLabels].map(([namespace, labels]) => [{ namespace, ...labels }, 1]),
    ),
    family(
      'kube_node_labels',
      'all labels for each node prefixed with label_',
      cluster.nodes.map(({ metadata, spec }) => [
        { node: metadata.name, ...prefixed(metadata.labels), label_providerID: spec.providerID ?? '' },
        1,
      ]),
    ),
    family(
      'kube_pod_labels',
      'all labels for each pod prefixed with label_',
      cluster.pods.map(({ metadata }) => [
        {
          namespace: place(metadata.namespace),
          pod: metadata.name,
          uid: metadata.uid ?? '',
          ...namespaceLabels.get(place(metadata.namespace)),
          ...prefixed(metadata.labels),
        },
        1,
      ]),
    ),
    family(
      'kube_pod_owner',
      "Information about the Pod's owner",
      cluster.pods.flatMap(({ metadata }) =>
        (metadata.ownerReferences ?? []).map(
          ({ kind, name, controller }) =>
            [
              {
                namespace: place(metadata.namespace),
                pod: metadata.name,
                owner_kind: kind,
                owner_name: name,
                owner_is_controller: String(controller === true),
              },
              1,
            ] as const,
        ),
      ),
    ),
    family(
      'service_selector_labels',
      'service selector labels',
      cluster.services.flatMap(({ metadata, spec }) =>
        Object.keys(spec.selector ?? {}).length === 0
          ? []
          : [[{ service: metadata.name, namespace: place(metadata.namespace), ...prefixed(spec.selector) }, 1] as const],
      ),
    ),
    family('deployment_match_labels', 'deployment match labels', workloads(cluster.deployments, 'deployment')),
    family('statefulSet_match_labels', 'statfulSet match labels', workloads(cluster.statefulSets, 'statefulSet')),
  ];
}

function workloads(objects: Cluster['deployments'], kind: string): Family['gauges'] {
  return objects.flatMap(({ metadata, spec }) => {
    const labels = prefixed(spec.selector?.matchLabels);
    return Object.keys(labels).length === 0
      ? []
      : [[{ [kind]: metadata.name, namespace: metadata.namespace ?? '', ...labels }, 1] as const];
  });
}

function priceFamilies({ cluster, prices }: MetricsInput): readonly Family[] {
  const perNode = (gauge: (capacity: LabelSet) => number): Family['gauges'] =>
    cluster.nodes.map(({ metadata, spec, status }) => [
      {
        arch: metadata.labels?.['kubernetes.io/arch'] ?? '',
        instance: metadata.name,
        instance_type: metadata.labels?.['node.kubernetes.io/instance-type'] ?? '',
        node: metadata.name,
        provider_id: spec.providerID ?? '',
        region: metadata.labels?.['topology.kubernetes.io/region'] ?? '',
      },
      gauge(status.capacity ?? {}),
    ]);
  return [
    family(
      'node_cpu_hourly_cost',
      'hourly cost for each cpu on this node',
      perNode(() => prices.cpu),
    ),
    family(
      'node_ram_hourly_cost',
      'hourly cost for each gb of ram on this node',
      perNode(() => prices.ram),
    ),
    family(
      'node_gpu_hourly_cost',
      'hourly cost for each gpu on this node',
      perNode(() => 0),
    ),
    family(
      'node_gpu_count',
      'count of gpu on this node',
      perNode(() => 0),
    ),
    family(
      'node_total_hourly_cost',
      'Total node cost per hour',
      perNode(({ cpu, memory }) => quantity(cpu) * prices.cpu + (quantity(memory) / gib) * prices.ram),
    ),
    family(
      'kubecost_node_is_spot',
      'Cloud provider info about node preemptibility',
      perNode(() => 0),
    ),
    family('kubecost_network_zone_egress_cost', 'Total cost per GB egress across zones', [[{}, prices.zoneEgress]]),
    family('kubecost_network_region_egress_cost', 'Total cost per GB egress across regions', [[{}, prices.regionEgress]]),
    family('kubecost_network_internet_egress_cost', 'Total cost per GB of internet egress.', [[{}, prices.internetEgress]]),
    family('kubecost_cluster_management_cost', 'Hourly cost paid as a cluster management fee.', [[{ provisioner_name: '' }, 0]]),
    family('kubecost_load_balancer_cost', 'Hourly cost of load balancer', loadBalancerGauges(cluster, prices.loadBalancer)),
  ];
}

function loadBalancerGauges({ services }: Cluster, price: number | undefined): Family['gauges'] {
  if (price === undefined) return [];
  return services
    .filter(({ spec }) => spec.type === 'LoadBalancer')
    .map(({ metadata, status }) => {
      const ingress = status?.loadBalancer?.ingress?.[0];
      return [
        { ingress_ip: ingress?.ip ?? ingress?.hostname ?? '', namespace: metadata.namespace ?? '', service_name: metadata.name },
        price,
      ];
    });
}

function volumeFamilies(input: MetricsInput): readonly Family[] {
  const { volumes, claims } = input.cluster;
  const live = volumes.filter(({ status }) => status?.phase !== 'Failed');
  return [
    family(
      'pv_hourly_cost',
      'Cost per GB per hour on a persistent disk',
      live.map(({ metadata: { name } }) => [{ persistentvolume: name, provider_id: '', volumename: name }, input.prices.storage]),
    ),
    family(
      'kube_persistentvolume_capacity_bytes',
      'pv storage capacity in bytes',
      volumes.map(({ metadata, spec }) => [{ persistentvolume: metadata.name }, quantity(spec.capacity?.storage)]),
    ),
    family(
      'kubecost_pv_info',
      'The pv information',
      volumes.map(({ metadata, spec }) => [
        {
          persistentvolume: metadata.name,
          storageclass: spec.storageClassName ?? '',
          provider_id: spec.csi?.volumeHandle ?? metadata.name,
        },
        1,
      ]),
    ),
    family(
      'kube_persistentvolumeclaim_info',
      'pvc storage resource requests in bytes',
      claims.map(({ metadata, spec }) => [
        {
          persistentvolumeclaim: metadata.name,
          namespace: metadata.namespace ?? '',
          storageclass: spec.storageClassName ?? '',
          volumename: spec.volumeName ?? '',
        },
        1,
      ]),
    ),
    family(
      'kube_persistentvolumeclaim_resource_requests_storage_bytes',
      'pvc storage resource requests in bytes',
      claims.map(({ metadata, spec }) => [
        { persistentvolumeclaim: metadata.name, namespace: metadata.namespace ?? '' },
        quantity(spec.resources?.requests?.storage),
      ]),
    ),
    family('pod_pvc_allocation', 'Bytes used by a PVC attached to a pod', podClaimGauges(input)),
  ];
}

/** A claim's bytes, shared evenly among the running pods that name it. */
function podClaimGauges(input: MetricsInput): Family['gauges'] {
  const claims = new Map(input.cluster.claims.map((claim) => [`${claim.metadata.namespace}/${claim.metadata.name}`, claim]));
  const users = running(input).flatMap((pod) =>
    (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim: use }) =>
      use === undefined ? [] : [{ pod, key: `${pod.metadata.namespace}/${use.claimName}` }],
    ),
  );
  return users.flatMap(({ pod, key }) => {
    const claim = claims.get(key);
    if (claim?.spec.volumeName === undefined) return [];
    const sharers = users.filter((user) => user.key === key).length;
    const labels = {
      namespace: pod.metadata.namespace ?? '',
      pod: pod.metadata.name,
      persistentvolumeclaim: claim.metadata.name,
      persistentvolume: claim.spec.volumeName,
    };
    return [[labels, quantity(claim.spec.resources?.requests?.storage) / sharers] as const];
  });
}

function clusterFamilies({ cluster, clusterId, startedAt }: MetricsInput): readonly Family[] {
  const perResource = (of: 'capacity' | 'allocatable'): Family['gauges'] =>
    cluster.nodes.flatMap(({ metadata, status }) =>
      Object.entries(status[of] ?? {}).map(
        ([resource, amount]) =>
          [{ node: metadata.name, resource: sanitizeLabel(resource), unit: unitOf(resource) }, quantity(amount)] as const,
      ),
    );
  const perNode = (of: 'capacity' | 'allocatable', resource: string): Family['gauges'] =>
    cluster.nodes.map(({ metadata, status }) => [{ node: metadata.name }, quantity(status[of]?.[resource])]);
  const info = {
    account: '',
    clusterprofile: 'development',
    errorreporting: 'true',
    id: clusterId,
    logcollection: 'true',
    productanalytics: 'true',
    provider: 'custom',
    region: '',
    thanosenabled: 'false',
    valuesreporting: 'true',
    version: cluster.version,
  };
  return [
    family('kube_node_status_capacity', 'node capacity', perResource('capacity')),
    family('kube_node_status_capacity_cpu_cores', 'Node Capacity CPU Cores', perNode('capacity', 'cpu')),
    family('kube_node_status_capacity_memory_bytes', 'Node Capacity Memory Bytes', perNode('capacity', 'memory')),
    family('kube_node_status_allocatable', 'node allocatable', perResource('allocatable')),
    family('kube_node_status_allocatable_cpu_cores', 'node allocatable cpu cores', perNode('allocatable', 'cpu')),
    family('kube_node_status_allocatable_memory_bytes', 'node allocatable memory in bytes', perNode('allocatable', 'memory')),
    family('kubecost_cluster_info', 'ClusterInfo', [[info, 1]]),
    family('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', [[{}, startedAt / 1000]]),
  ];
}

function unitOf(resource: string): string {
  if (resource === 'cpu') return 'core';
  return resource === 'pods' ? 'integer' : 'byte';
}

const usageAge = 60_000;

/** A scrape waits this long for the first reading, then goes without. */
const patience = 2000;

/** Reads the containers' use from Prometheus in the background, when asked, at most once a minute. What cannot be read stays as it was. */
export function usageReader(prometheus: Prometheus): () => Promise<Usage> {
  let latest: Usage = { cores: new Map(), bytes: new Map() };
  let readAt = 0;
  let reading: Promise<void> = Promise.resolve();
  return async () => {
    const first = readAt === 0;
    if (Date.now() - readAt > usageAge) {
      readAt = Date.now();
      reading = readUsage(prometheus).then(
        (usage) => {
          latest = usage;
        },
        (error: unknown) => console.log(`ERR Error in price recording: ${String(error)}`),
      );
    }
    if (first) await Promise.race([reading, delay(patience)]);
    return latest;
  };
}

async function readUsage(prometheus: Prometheus): Promise<Usage> {
  const by = 'by (container, pod, namespace)';
  const selector = '{container!="", container!="POD"}';
  const [cores, bytes] = await Promise.all([
    prometheus.query(`avg(rate(container_cpu_usage_seconds_total${selector}[2m])) ${by}`, Date.now()),
    prometheus.query(`avg(avg_over_time(container_memory_working_set_bytes${selector}[2m])) ${by}`, Date.now()),
  ]);
  const keyed = (answer: typeof cores): ReadonlyMap<string, number> =>
    new Map(answer.map(({ metric, values }) => [`${metric['namespace']}/${metric['pod']}/${metric['container']}`, values[0]?.[1] ?? 0]));
  return { cores: keyed(cores), bytes: keyed(bytes) };
}
