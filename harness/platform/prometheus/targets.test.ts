import { describe, expect, it } from 'vitest';
import { isLate, parsedTargets } from './targets.ts';

function targets(labels: Readonly<Record<string, string>>, scrapeUrl: string, scrapePool: string) {
  const target = { scrapeUrl, scrapePool, health: 'up', lastError: '', discoveredLabels: labels };
  return parsedTargets(JSON.stringify({ data: { activeTargets: [target] } }));
}

describe('a target of Prometheus', () => {
  it.each([
    [
      'a pod behind a Service, by its node',
      { __meta_kubernetes_service_name: 'prometheus-kube-state-metrics', __meta_kubernetes_pod_node_name: 'w02' },
      'http://10.244.3.7:8080/metrics',
      'kubernetes-service-endpoints prometheus-kube-state-metrics port 8080 on w02',
    ],
    [
      'a node, by its name',
      { __meta_kubernetes_node_name: 'cp01' },
      'https://192.168.29.11:10250/metrics',
      'kubernetes-service-endpoints port 10250 on cp01',
    ],
    ['without a port, by that of its protocol', {}, 'https://10.96.0.1/metrics', 'kubernetes-service-endpoints port 443'],
  ])('has a name that is the same in every run: %s', (_, labels, url, name) => {
    expect(targets(labels, url, 'kubernetes-service-endpoints').map((each) => each.name)).toEqual([name]);
  });

  it.each([
    ['unknown', '', true],
    ['down', 'Get "http://10.244.3.7:8080/metrics": context deadline exceeded', true],
    ['down', 'server returned HTTP status 500', false],
  ])('is late when it is %s with the error "%s": %s', (health, error, expected) => {
    expect(isLate({ job: '', service: '', name: '', host: '', port: 0, health, error })).toBe(expected);
  });
});
