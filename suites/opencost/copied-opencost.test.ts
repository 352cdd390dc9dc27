import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { apiAlone } from './copied-opencost.ts';

const deployment = (containers: readonly string[]): V1Deployment => ({
  metadata: { name: 'opencost', namespace: 'opencost' },
  spec: {
    selector: {},
    template: {
      spec: {
        serviceAccountName: 'opencost',
        containers: containers.map((name) => ({ name })),
        volumes: [
          { name: 'export', persistentVolumeClaim: { claimName: 'opencost-pvc' } },
          { name: 'prices', configMap: { name: 'custom-pricing-model' } },
        ],
      },
    },
  },
});

describe('a copy of OpenCost', () => {
  it('runs the API alone, under the same account and with the same prices', () => {
    expect(apiAlone(deployment(['opencost', 'opencost-ui']))).toMatchObject({
      serviceAccountName: 'opencost',
      containers: [{ name: 'opencost' }],
    });
  });

  it("leaves the original's volume alone, which one node alone may mount", () => {
    expect(apiAlone(deployment(['opencost'])).volumes).toEqual([
      { name: 'export', emptyDir: {} },
      { name: 'prices', configMap: { name: 'custom-pricing-model' } },
    ]);
  });

  it('is none of a Deployment without the API', () => {
    expect(() => apiAlone(deployment(['opencost-ui']))).toThrow('has no container opencost');
  });
});
