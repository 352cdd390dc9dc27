import { describe, expect, it } from 'vitest';
import { documentedCluster } from '../../guide/cluster.ts';
import type { Target } from '../probe/probe.ts';
import { capabilitiesOfTarget } from './capability-of-target.ts';

const documented = documentedCluster('corrected');
const { address, hostname } = documented.services.opencost;
const inside = 'opencost.opencost.svc.cluster.local';

describe('a probe touches', () => {
  it.each<[string, Target, string[]]>([
    ['the page of OpenCost', { kind: 'http', url: `http://${hostname}/` }, ['metallb', 'opencost', 'opencost-ui']],
    ['its published port', { kind: 'tcp', host: address, port: 80 }, ['metallb', 'opencost', 'opencost-ui']],
    ['the API of OpenCost alone', { kind: 'http', url: `http://${address}:9003/healthz` }, ['metallb', 'opencost']],
    ['the same inside', { kind: 'tcp', host: inside, port: 9003 }, ['opencost']],
    ['MCP', { kind: 'tcp', host: inside, port: 8081 }, ['opencost', 'opencost-mcp']],
    ['the virtual IP', { kind: 'tcp', host: documented.vip.address, port: 6443 }, ['vip']],
    ['the Talos API', { kind: 'tcp', host: documented.nodes[0]?.address ?? '', port: 50000 }, ['talos-api']],
    ['nothing of the platform', { kind: 'http', url: 'https://example.com' }, []],
  ])('%s', (_, target, capabilities) => {
    expect(capabilitiesOfTarget(target, documented)).toEqual(capabilities);
  });
});
