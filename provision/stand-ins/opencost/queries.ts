/**
 * The allocation queries of OpenCost (pkg/costmodel/allocation.go), without those whose series no cluster like this one has:
 * GPU usage, spot prices and the network-costs daemon. `range` is the window's length, `subquery` a range with its steps.
 */
export interface QueryRange {
  readonly range: string;
  readonly subquery: string;
  /** The subquery's step and twice that, for rates inside it. */
  readonly step: string;
  readonly doubleStep: string;
  readonly clusterLabel: string;
}

const inContainer = 'container!="", container!="POD"';
const onNode = `${inContainer}, node!=""`;

/** Whether the window has anything that costs: one question in place of four for the days before the first sample. */
export function presenceQuery({ range }: QueryRange): string {
  const metrics = 'kube_pod_container_status_running|kube_persistentvolume_capacity_bytes|kubecost_load_balancer_cost';
  return `group(present_over_time({__name__=~"${metrics}"}[${range}]))`;
}

/** What ran in the window, and when. */
export function runningTimeQueries({ subquery, clusterLabel: id }: QueryRange) {
  return {
    pods: `avg(kube_pod_container_status_running != 0) by (pod, namespace, ${id})[${subquery}]`,
    claims: `avg(kube_persistentvolumeclaim_info{volumename != ""}) by (persistentvolumeclaim, storageclass, volumename, namespace, ${id})[${subquery}]`,
    volumes: `count(kube_persistentvolume_capacity_bytes) by (persistentvolume, ${id})[${subquery}]`,
    loadBalancers: `count(kubecost_load_balancer_cost) by (namespace, service_name, ${id})[${subquery}]`,
  };
}

export function resourceQueries({ range, subquery, doubleStep, clusterLabel: id }: QueryRange) {
  const requests = (resource: string): string =>
    `avg(avg_over_time(kube_pod_container_resource_requests{resource="${resource}", ${onNode}}[${range}])) by (container, pod, namespace, node, ${id})`;
  const allocated = (metric: string): string =>
    `avg(avg_over_time(${metric}{${onNode}}[${range}])) by (container, pod, namespace, node, ${id})`;
  const byContainer = `by (container_name, container, pod_name, pod, namespace, instance, ${id})`;
  return {
    cpuAllocated: allocated('container_cpu_allocation'),
    cpuRequested: requests('cpu'),
    cpuUsed: `avg(rate(container_cpu_usage_seconds_total{${inContainer}, container_name!="POD"}[${range}])) ${byContainer}`,
    cpuUsedMost: `max(max_over_time(irate(container_cpu_usage_seconds_total{${inContainer}}[${doubleStep}])[${subquery}])) by (container, pod_name, pod, namespace, instance, ${id})`,
    ramAllocated: allocated('container_memory_allocation_bytes'),
    ramRequested: requests('memory'),
    ramUsed: `avg(avg_over_time(container_memory_working_set_bytes{${inContainer}, container_name!="POD"}[${range}])) ${byContainer}`,
    ramUsedMost: `max(max_over_time(container_memory_working_set_bytes{${inContainer}, container_name!="POD"}[${range}])) ${byContainer}`,
    gpuAllocated: allocated('container_gpu_allocation'),
    transferred: `sum(increase(container_network_transmit_bytes_total{pod!=""}[${range}])) by (pod_name, pod, namespace, ${id})`,
    received: `sum(increase(container_network_receive_bytes_total{pod!=""}[${range}])) by (pod_name, pod, namespace, ${id})`,
  };
}

export function priceQueries({ range, clusterLabel: id }: QueryRange) {
  const nodePrice = (metric: string): string => `avg(avg_over_time(${metric}[${range}])) by (node, ${id}, instance_type, provider_id)`;
  return {
    cpuPrice: nodePrice('node_cpu_hourly_cost'),
    ramPrice: nodePrice('node_ram_hourly_cost'),
    gpuPrice: nodePrice('node_gpu_hourly_cost'),
    volumePrice: `avg(avg_over_time(pv_hourly_cost[${range}])) by (volumename, ${id})`,
    volumeBytes: `avg(avg_over_time(kube_persistentvolume_capacity_bytes[${range}])) by (persistentvolume, ${id})`,
    volumeMeta: `avg(avg_over_time(kubecost_pv_info[${range}])) by (${id}, persistentvolume, provider_id)`,
    claimBytes: `avg(avg_over_time(kube_persistentvolumeclaim_resource_requests_storage_bytes[${range}])) by (persistentvolumeclaim, namespace, ${id})`,
    podClaims: `avg(avg_over_time(pod_pvc_allocation[${range}])) by (persistentvolume, persistentvolumeclaim, pod, namespace, ${id})`,
    loadBalancerPrice: `avg(avg_over_time(kubecost_load_balancer_cost[${range}])) by (namespace, service_name, ingress_ip, ${id})`,
  };
}

export function objectQueries({ range, clusterLabel: id }: QueryRange) {
  const owners = (kind: string): string =>
    `sum(avg_over_time(kube_pod_owner{owner_kind="${kind}"}[${range}])) by (pod, owner_name, namespace, ${id})`;
  return {
    namespaceLabels: `avg_over_time(kube_namespace_labels[${range}])`,
    namespaceAnnotations: `avg_over_time(kube_namespace_annotations[${range}])`,
    podLabels: `avg_over_time(kube_pod_labels[${range}])`,
    podAnnotations: `avg_over_time(kube_pod_annotations[${range}])`,
    services: `avg_over_time(service_selector_labels[${range}])`,
    deployments: `avg_over_time(deployment_match_labels[${range}])`,
    statefulSets: `avg_over_time(statefulSet_match_labels[${range}])`,
    daemonSetOwners: owners('DaemonSet'),
    jobOwners: owners('Job'),
    replicaSetOwners: owners('ReplicaSet'),
    ownReplicaSets: `avg(avg_over_time(kube_replicaset_owner{owner_kind="<none>", owner_name="<none>"}[${range}])) by (replicaset, namespace, ${id})`,
  };
}

/** The asset queries (pkg/costmodel/cluster.go). */
export function assetQueries({ range, subquery, clusterLabel: id }: QueryRange) {
  const perNode = (metric: string): string => `avg(avg_over_time(${metric}[${range}])) by (${id}, node)`;
  const priced = (metric: string): string => `avg(avg_over_time(${metric}[${range}])) by (${id}, node, instance_type, provider_id)`;
  return {
    nodes: `avg(node_total_hourly_cost) by (node, ${id}, provider_id)[${subquery}]`,
    cpuPrice: priced('node_cpu_hourly_cost'),
    ramPrice: priced('node_ram_hourly_cost'),
    gpuPrice: priced('node_gpu_hourly_cost'),
    gpuCount: `avg(avg_over_time(node_gpu_count[${range}])) by (${id}, node, provider_id)`,
    cpuCapacity: perNode('kube_node_status_capacity_cpu_cores'),
    cpuAllocatable: perNode('kube_node_status_allocatable_cpu_cores'),
    ramCapacity: perNode('kube_node_status_capacity_memory_bytes'),
    ramAllocatable: perNode('kube_node_status_allocatable_memory_bytes'),
    nodeLabels: `count_over_time(kube_node_labels[${subquery}])`,
    disks: `avg(kube_persistentvolume_capacity_bytes) by (${id}, persistentvolume)[${subquery}]`,
    diskBytes: `avg(avg_over_time(kube_persistentvolume_capacity_bytes[${range}])) by (${id}, persistentvolume)`,
    diskPrice: `avg(avg_over_time(pv_hourly_cost[${range}])) by (${id}, persistentvolume, provider_id)`,
    diskClass: `avg(avg_over_time(kubecost_pv_info[${range}])) by (${id}, persistentvolume, storageclass)`,
    diskUsed: `avg(avg_over_time(kubelet_volume_stats_used_bytes[${range}])) by (${id}, persistentvolumeclaim, namespace)`,
    diskUsedMost: `max(max_over_time(kubelet_volume_stats_used_bytes[${range}])) by (${id}, persistentvolumeclaim, namespace)`,
    diskClaims: `avg(avg_over_time(kube_persistentvolumeclaim_info{volumename != ""}[${range}])) by (${id}, volumename, persistentvolumeclaim, namespace)`,
    loadBalancers: `avg(kubecost_load_balancer_cost) by (namespace, service_name, ${id}, ingress_ip)[${subquery}]`,
    loadBalancerPrice: `avg(avg_over_time(kubecost_load_balancer_cost[${range}])) by (namespace, service_name, ${id}, ingress_ip)`,
  };
}
