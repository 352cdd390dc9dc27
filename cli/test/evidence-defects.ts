import { isIPv4 } from 'node:net';
import { type DocumentedCluster, documentedCluster } from '../../guide/cluster.ts';
import { isWithinCidr } from '../../guide/address.ts';
import type { Result, RunRecord } from '../../harness/engine/run-record.ts';

/**
 * Defects of this product that a record shows, one line each: a check that touched a capability which its requirement does not
 * declare, and a key of an observation that another run would not have.
 */
export function evidenceDefects({ results, cluster }: Pick<RunRecord, 'results' | 'cluster'>): string[] {
  const documented = documentedCluster(cluster.profile);
  return results.flatMap((result) => [...undeclared(result), ...unstableKeys(result, documented)]);
}

function undeclared({ requirement, undeclared: capabilities }: Result): string[] {
  return capabilities.map((each) => `${requirement.id}: its check touched ${each}, which its requirement does not declare (needs)`);
}

function unstableKeys({ requirement, observations }: Result, { podCidr, serviceCidr }: DocumentedCluster): string[] {
  const isAssigned = (word: string): boolean => isIPv4(word) && [podCidr, serviceCidr].some((cidr) => isWithinCidr(word, cidr));
  const unstable = (key: string): boolean =>
    scratchName.test(key) || workloadPod.test(key) || (key.match(/\d+(?:\.\d+){3}/g) ?? []).some(isAssigned);
  return [...new Set(observations.map(({ key }) => key).filter(unstable))].map(
    (key) => `${requirement.id}: the key "${key}" would be another in the next run`,
  );
}

/** A name that ends with six hexadecimal digits: nonce() of harness/engine/stable-key.ts. */
const scratchName = /\bconform-[a-z0-9-]*-?\b(?=[0-9a-f]*[0-9])[0-9a-f]{6}\b/;

/** A pod of a Deployment: the hash of its template, and five characters (Kubernetes: SafeEncodeString has no vowels). */
const workloadPod = /-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/;
