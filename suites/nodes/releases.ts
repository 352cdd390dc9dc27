/** The tag of an image; a digest behind it does not count. `none` where the reference has no tag (distribution/reference). */
export function releaseOf(image: string): string {
  const [named = ''] = image.split('@');
  const last = named.slice(named.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 ? 'none' : last.slice(colon + 1);
}

/** Whether a release is not older than another, each `v1.30.8` or `1.30.8`; what follows the third number does not count. Throws for a text that is none. */
export function isAtLeast(release: string, least: string): boolean {
  const [one, other] = [numbersOf(release), numbersOf(least)];
  for (const [index, number] of one.entries()) if (number !== other[index]) return number > (other[index] ?? 0);
  return true;
}

function numbersOf(release: string): [number, number, number] {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(release) ?? [];
  if (major === undefined) throw new Error(`${release} is no release`);
  return [Number(major), Number(minor), Number(patch)];
}
