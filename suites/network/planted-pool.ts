import type { CheckContext } from '../../harness/platform/check.ts';
import type { IpPool } from '../../harness/platform/calico/address-ranges.ts';

/** An enabled address pool of Calico as the API would keep it, by a dry run: nothing is made. Throws when the API refuses it. */
export async function plantedPool({ cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>, cidr: string): Promise<IpPool> {
  const group = 'crd.projectcalico.org/v1';
  const body = { apiVersion: group, kind: 'IPPool', metadata: { name: 'conform-planted' }, spec: { cidr } };
  const answer = await cluster.kubernetes.request({ method: 'POST', path: `/apis/${group}/ippools?dryRun=All`, body }, signal);
  if (answer.status !== 201)
    throw new Error(`the API answered ${answer.status} to a dry run of an address pool ${cidr}: ${answer.message}`);
  return answer.body as IpPool;
}
