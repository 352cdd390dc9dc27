import { randomBytes } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { isWithinCidr } from '../../guide/address.ts';

const nonces = new Set<string>();

/** Six hexadecimal digits for the name of a scratch object; a key never contains them. */
export function nonce(): string {
  const made = randomBytes(3).toString('hex');
  nonces.add(made);
  return made;
}

/** Whether a name is that of a scratch object of this run, whoever made it by a name with a nonce. */
export function isScratchName(name: string): boolean {
  return [...nonces].some((each) => name.includes(each));
}

/** Networks whose addresses are given out anew in each run: those of pods and Services. */
let assigned: readonly string[] = [];

/** Tells the networks whose addresses are given out anew in each run. */
export function assignedNetworks(cidrs: readonly string[]): void {
  assigned = cidrs;
}

/** A subject without the parts that another run would name otherwise: scratch names, and the addresses of pods and Services. */
export function stableKey(subject: string): string {
  const withoutNonces = [...nonces].reduce((text, each) => text.replaceAll(each, '*'), subject);
  return withoutNonces.replaceAll(/\d+(?:\.\d+){3}/g, (word) =>
    isIPv4(word) && assigned.some((cidr) => isWithinCidr(word, cidr)) ? '*' : word,
  );
}
