import type { LoadBalancerShare } from './allocation.ts';
import { hour } from './duration.ts';
import type { Served } from './owners.ts';
import type { Pods } from './pods.ts';
import type { Series } from './prometheus.ts';
import { clusterOf, runningTime, type Source, value } from './query-set.ts';
import { unmountedPod } from './volumes.ts';
import type { Window } from './window.ts';

interface LoadBalancer extends Window {
  readonly cluster: string;
  readonly namespace: string;
  readonly service: string;
  readonly ip: string;
  readonly cost: number;
}

type Answers = Record<'loadBalancers' | 'loadBalancerPrice', readonly Series[]>;

/** Shares each load balancer's cost among the containers behind its Service, by hours. */
export function applyLoadBalancers(
  source: Source,
  pods: Pods,
  given: Answers & { readonly served: Served },
  time: { readonly window: Window; readonly resolution: number },
): void {
  for (const loadBalancer of loadBalancersFrom(source, given, time.window, time.resolution)) {
    const { cluster, namespace, service, cost, ip } = loadBalancer;
    const shares = (given.served.get(`${cluster}/${namespace}/${service}`) ?? []).map((allocation) => ({
      allocation,
      hours: Math.max(0, Math.min(allocation.end, loadBalancer.end) - Math.max(allocation.start, loadBalancer.start)) / hour,
    }));
    const total = shares.reduce((sum, share) => sum + share.hours, 0);
    if (total === 0) {
      for (const allocation of unmountedPod(pods, time.window, cluster).containers.values()) {
        allocation.loadBalancerCost += cost;
        allocation.properties.services = [...allocation.properties.services, service];
      }
    }
    for (const { allocation, hours } of shares) {
      allocation.loadBalancerCost += total === 0 ? 0 : (cost * hours) / total;
      const share: LoadBalancerShare = {
        service: `${namespace}/${service}`,
        cost: allocation.loadBalancerCost,
        private: isPrivate(ip),
        ip,
        hours,
      };
      allocation.loadBalancers = new Map(allocation.loadBalancers).set(`${cluster}/${namespace}/${service}`, share);
    }
  }
}

function loadBalancersFrom(source: Source, given: Answers, window: Window, resolution: number): readonly LoadBalancer[] {
  const key = (series: Series): string => `${clusterOf(source, series)}/${series.metric['namespace']}/${series.metric['service_name']}`;
  const prices = new Map(given.loadBalancerPrice.filter((series) => series.metric['ingress_ip']).map((series) => [key(series), series]));
  return given.loadBalancers.map((series) => {
    const { namespace = '', service_name: service = '' } = series.metric;
    const time = runningTime(series, window, resolution);
    const price = prices.get(key(series));
    const cost = price === undefined ? 0 : (value(price) * (time.end - time.start + resolution)) / hour;
    return {
      start: time.start,
      end: time.end + resolution,
      cluster: clusterOf(source, series),
      namespace,
      service,
      ip: price?.metric['ingress_ip'] ?? '',
      cost,
    };
  });
}

/** Addresses of RFC 1918. */
export function isPrivate(ip: string): boolean {
  const [first = -1, second = -1] = ip.split('.').map(Number);
  return first === 10 || (first === 192 && second === 168) || (first === 172 && second >= 16 && second < 32);
}
