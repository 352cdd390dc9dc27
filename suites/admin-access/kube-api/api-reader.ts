import { KubeConfig } from '@kubernetes/client-node';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { fixture } from '../../../harness/platform/check.ts';
import type { HttpTarget } from '../../../harness/probe/probe.ts';
import { tokenOf } from '../../fixtures/scratch-tenant.ts';

/** Asks the Kubernetes API from any place, held to the certificate authority of the cluster. */
export interface ApiReader {
  /** A GET with the credential of a ServiceAccount without rights: it may see what everybody with a credential may, health among it. */
  get(host: string, path: string): HttpTarget;
  getWithout(host: string, path: string): HttpTarget;
}

export const apiReader = fixture(
  { name: 'a reader of the Kubernetes API' },
  async ({ cluster: { kubernetes, descriptor }, changes, signal }): Promise<ApiReader> => {
    const name = `conform-reader-${nonce()}`;
    await changes.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'default' } });
    const token = await tokenOf(kubernetes, { namespace: 'default', name }, signal);
    const authority = authorityOf(descriptor.kubeconfig);
    const getWithout = (host: string, path: string): HttpTarget => ({ kind: 'http', url: `https://${host}${path}`, authority });
    return { getWithout, get: (host, path) => ({ ...getWithout(host, path), headers: [`Authorization: Bearer ${token}`] }) };
  },
);

function authorityOf(kubeconfig: string): string {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const encoded = config.getCurrentCluster()?.caData;
  if (encoded === undefined) throw new Error('the kubeconfig holds no certificate authority');
  return Buffer.from(encoded, 'base64').toString();
}
