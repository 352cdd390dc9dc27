import { describe, expect, it } from 'vitest';
import { configurationsIn, isCalicoAlone } from './cni-configurations.ts';

const calico = { name: 'k8s-pod-network', plugins: [{ type: 'calico' }, { type: 'portmap' }] };
const printed = (file: string, content: object | string): string =>
  `${file} ${Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64')}\n`;

describe('the CNI configurations of a node', () => {
  it.each([
    ['Calico alone', printed('10-calico.conflist', calico), true],
    ['Calico under another file name', printed('05-net.conflist', calico), true],
    ['another CNI in a file that is named after Calico', printed('10-calico.conflist', { plugins: [{ type: 'flannel' }] }), false],
    ['another CNI whose configuration is of one plug-in', printed('00-bridge.conf', { type: 'bridge' }), false],
    ['Calico and another one', printed('00-x.conf', { type: 'bridge' }) + printed('10-calico.conflist', calico), false],
    [
      'one that comes before Calico in its own chain',
      printed('10-calico.conflist', { plugins: [{ type: 'multus' }, { type: 'calico' }] }),
      false,
    ],
    ['a file that is no JSON', printed('10-calico.conflist', '{'), false],
    ['none', '', false],
  ])('that are %s: Calico alone: %s', (_, output, expected) => {
    expect(isCalicoAlone(configurationsIn(output))).toBe(expected);
  });
});
