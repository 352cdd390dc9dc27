import { describe, expect, it } from 'vitest';
import { decodeConfiguration } from '../../../../harness/platform/talos/machine-config/decode.ts';
import { validationErrors } from './validate.ts';

const worker = `machine:
    type: worker
    ca: {crt: QQ==}
    install: {disk: /dev/sda}
    network:
        interfaces:
            - interface: ens192
              addresses: [192.168.29.21/24]
cluster:
    controlPlane: {endpoint: "https://29.talos.vaheed.net:6443"}
`;
const controlPlane = worker.replace('type: worker', 'type: controlplane').replace('{crt: QQ==}', '{crt: QQ==, key: QQ==}');
const rule =
  'apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: a\nportSelector: {ports: [80], protocol: tcp}\ningress:\n    - subnet: 10.0.0.0/8\n';

/** The change that is made to a sound configuration, and what Talos says of it. */
const refused: readonly (readonly [what: string, text: string, error: string])[] = [
  [
    'a VIP on a worker',
    worker.replace('addresses:', 'vip: {ip: 192.168.29.10}\n              addresses:'),
    'virtual (shared) IP is not allowed on non-controlplane nodes',
  ],
  [
    'a VIP that is no address',
    controlPlane.replace('addresses:', 'vip: {ip: here}\n              addresses:'),
    '[networking.os.device.vip] failed to parse "here" as IP address',
  ],
  [
    'an address that is none',
    worker.replace('192.168.29.21/24', '192.168.29.300/24'),
    '[networking.os.device.addresses] "ens192": invalid CIDR address: 192.168.29.300/24',
  ],
  [
    'a gateway that is no address',
    worker.replace('addresses:', 'routes: [{network: 0.0.0.0/0, gateway: here}]\n              addresses:'),
    '[networking.os.device.route[0].gateway] "here": invalid network address',
  ],
  [
    "the authority's key on a worker",
    worker.replace('{crt: QQ==}', '{crt: QQ==, key: QQ==}'),
    'issuing Talos API CA key is not allowed on non-controlplane nodes (.machine.ca)',
  ],
  [
    'no authority key on a control plane',
    controlPlane.replace(', key: QQ==', ''),
    'issuing CA key is required for controlplane nodes (.machine.ca.key)',
  ],
  ['etcd on a worker', `${worker}    etcd: {}\n`, 'etcd config is only allowed on control plane machines'],
  ['no disk to install to', worker.replace('{disk: /dev/sda}', '{}'), 'either install disk or diskSelector should be defined'],
  ['another machine type', worker.replace('type: worker', 'type: node'), 'unknown machine type "node"'],
  ['no cluster', worker.slice(0, worker.indexOf('cluster:')), 'cluster instructions are required'],
  ['a domain that is none', `${worker}    network: {dnsDomain: "a b"}\n`, '"a b" is not a valid DNS name'],
  ['another CNI', `${controlPlane}    network: {cni: {name: calico}}\n`, 'cni name should be one of ["flannel", "custom", "none"]'],
  ['a rule without ports', `${worker}---\n${rule.replace('[80]', '[]')}`, 'portSelector.ports is required'],
  [
    'a rule with overlapping ports',
    `${worker}---\n${rule.replace('[80]', '[80-90, 85]')}`,
    'invalid port range: 85-85, overlaps with 80-90',
  ],
  ['a rule for a subnet that is none', `${worker}---\n${rule.replace('10.0.0.0/8', '10.0.0.0')}`, 'invalid subnet: 10.0.0.0'],
];

describe('a machine configuration', () => {
  it('of a worker is sound', () => expect(validationErrors(decodeConfiguration(worker))).toEqual([]));
  it('of a control plane is sound', () => expect(validationErrors(decodeConfiguration(controlPlane))).toEqual([]));
  it('with a firewall rule is sound', () => expect(validationErrors(decodeConfiguration(`${worker}---\n${rule}`))).toEqual([]));
  it.each(refused)('with %s is refused', (_, text, error) => expect(validationErrors(decodeConfiguration(text))).toContain(error));
});
