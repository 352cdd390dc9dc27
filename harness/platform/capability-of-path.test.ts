import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentedCluster, profiles } from '../../guide/cluster.ts';
import { capabilitiesOfPath } from './capability-of-path.ts';

describe('a request touches', () => {
  it.each([
    ['/readyz', []],
    ['/apis', []],
    ['/api/v1/nodes', []],
    ['/api/v1/namespaces/default/pods?labelSelector=app%3Dlonghorn.io', []],
    ['/apis/apps/v1/namespaces/canine-alice/deployments', []],
    ['/apis/longhorn.io/v1beta2', ['longhorn']],
    ['/apis/longhorn.io/v1beta2/volumes', ['longhorn']],
    ['/apis/longhorn.io/v1beta2/namespaces/longhorn-system/settings/x?dryRun=All', ['longhorn']],
    ['/api/v1/namespaces/longhorn-system/pods', ['longhorn']],
    ['/api/v1/namespaces/canine/pods/web/exec?command=sh', ['canine']],
    ['/apis/apps/v1/namespaces/opencost/deployments/opencost', ['opencost']],
    ['/api/v1/namespaces/prometheus-system/services/http:prometheus:80/proxy/-/ready', ['prometheus']],
    ['/api/v1/namespaces/prometheus-system', ['prometheus']],
    ['/apis/metallb.io/v1beta1/ipaddresspools', ['metallb']],
    ['/apis/crd.projectcalico.org/v1/globalnetworkpolicies', ['calico']],
    ['/apis/projectcalico.org/v3/globalnetworkpolicies', ['calico']],
    ['/apis/operator.tigera.io/v1/tigerastatuses', ['calico-operator']],
    ['/apis/metrics.k8s.io/v1beta1/nodes', ['metrics-server']],
    ['/apis/metrics.k8s.io/v1beta1/namespaces/canine/pods', ['metrics-server', 'canine']],
    ['/apis/cert-manager.io/v1/clusterissuers/letsencrypt', ['cert-manager']],
    ['/apis/velero.io/v1/namespaces/velero/backups', ['velero']],
  ])('%s: the API and %j', (path, parts) => {
    expect(capabilitiesOfPath(path)).toEqual(['kubernetes', ...parts]);
  });

  it.each(profiles)('a part of its own in every documented platform namespace, %s', (profile) => {
    const parts = documentedCluster(profile).platformNamespaces.map((name) => capabilitiesOfPath(`/api/v1/namespaces/${name}/pods`));
    expect(new Set(parts.map(String)).size).toBe(parts.length);
    expect(parts.every(({ length }) => length === 2)).toBe(true);
  });

  it('the API, whatever the path is', () => {
    fc.assert(fc.property(fc.string(), (path) => capabilitiesOfPath(path)[0] === 'kubernetes'));
  });
});
