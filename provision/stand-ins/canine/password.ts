import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

const keyBytes = 32;

/** A salted digest, `salt:key` in hexadecimal. (Canine: bcrypt.) */
export function digestPassword(password: string): string {
  const salt = randomBytes(16);
  return `${salt.toString('hex')}:${scryptSync(password, salt, keyBytes).toString('hex')}`;
}

export function passwordMatches(password: string, digest: string): boolean {
  const [salt = '', key = ''] = digest.split(':').map((part) => Buffer.from(part, 'hex'));
  return key.length === keyBytes && timingSafeEqual(scryptSync(password, salt, keyBytes), Buffer.from(key));
}
