import { execa } from 'execa';

/** The Go toolchain of this machine. */
export type FoundGo =
  | { readonly kind: 'usable'; readonly path: string; readonly version: GoVersion }
  | { readonly kind: 'too-old'; readonly path: string; readonly version: GoVersion }
  | { readonly kind: 'absent' };

/** Major, minor and patch, as in `go1.26.8`. */
export type GoVersion = readonly [number, number, number];

/** The first release that knows `tool` lines in go.mod. */
export const oldestGo: GoVersion = [1, 24, 0];

/** Where https://go.dev/doc/install unpacks it, which is often not on root's PATH. */
const usualPlace = '/usr/local/go/bin/go';

/** The first Go on PATH or in its usual place that can be asked for its version. */
export async function findGo(): Promise<FoundGo> {
  let tooOld: FoundGo = { kind: 'absent' };
  for (const path of ['go', usualPlace]) {
    const version = await versionOf(path);
    if (version === undefined) continue;
    if (!isOlder(version, oldestGo)) return { kind: 'usable', path, version };
    tooOld = { kind: 'too-old', path, version };
  }
  return tooOld;
}

export function isOlder(version: GoVersion, than: GoVersion): boolean {
  for (const [index, number] of version.entries()) {
    const other = than[index] ?? 0;
    if (number !== other) return number < other;
  }
  return false;
}

/** Reads `1.24`, `1.24.0`, `go1.26.8`; a release candidate counts as its release. */
export function parseGoVersion(text: string): GoVersion | undefined {
  const numbers = text
    .trim()
    .replace(/^go/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  const [major, minor, patch = 0] = numbers;
  if (major === undefined || minor === undefined || numbers.some(Number.isNaN)) return undefined;
  return [major, minor, patch];
}

/** The highest `go` line among the go.mod files. An older Go would download another toolchain. */
export function neededGo(goMods: readonly string[]): GoVersion {
  return goMods
    .map((goMod) => parseGoVersion(/^go (\S+)$/m.exec(goMod)?.[1] ?? '') ?? oldestGo)
    .reduce((highest, version) => (isOlder(highest, version) ? version : highest), oldestGo);
}

async function versionOf(path: string): Promise<GoVersion | undefined> {
  const asked = await execa(path, ['env', 'GOVERSION'], { reject: false, env: { GOTOOLCHAIN: 'local' } });
  return asked.failed ? undefined : parseGoVersion(asked.stdout);
}
