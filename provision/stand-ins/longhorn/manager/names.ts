import { createHash } from 'node:crypto';

/** SHA-512 in hexadecimal: how Longhorn makes names from longer texts. */
function checksum(text: string): string {
  return createHash('sha512').update(text).digest('hex');
}

/** Name of an engine image's object: `ei-` and 8 digits. */
export function engineImageName(image: string): string {
  return `ei-${checksum(image.trim()).slice(0, 8)}`;
}

/** Name of a node's instance manager: `instance-manager-` and 32 digits. */
export function instanceManagerName(node: string, image: string): string {
  return `instance-manager-${checksum(`${node}${image}v1`).slice(0, 32)}`;
}

/** Label value for an image of an instance manager (`imi`) or share manager (`smi`). */
export function imageLabel(prefix: 'imi' | 'smi', image: string): string {
  const canonical = image
    .replace(/^docker\.io\//, '')
    .replaceAll('/', '-')
    .replaceAll(':', '-');
  return `${prefix}-${checksum(canonical).slice(0, 8)}`;
}
