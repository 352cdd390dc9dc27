/** One call of kubectl by a script, as log-kubectl.sh notes it; times are milliseconds since the machine started, to 10 ms. */
export interface KubectlCall {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly status: number;
  readonly words: string;
}

/** The calls of a log, in the order in which they began. Throws for a line that is none. */
export function callsOf(log: string): KubectlCall[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map(callOf)
    .toSorted((one, other) => one.beganMs - other.beganMs);
}

function callOf(line: string): KubectlCall {
  const [, began, ended, status, words = ''] = /^(\d+\.\d+) (\d+\.\d+) (\d+) (.*)$/.exec(line) ?? [];
  if (began === undefined) throw new Error(`this is no call of kubectl: ${line}`);
  return { beganMs: milliseconds(began), endedMs: milliseconds(ended), status: Number(status), words };
}

function milliseconds(seconds: string | undefined): number {
  return Math.round(Number(seconds) * 1000);
}

/** The calls that ask whether a namespace is there. */
export function looksFor(calls: readonly KubectlCall[], namespace: string): KubectlCall[] {
  return calls.filter(({ words }) => words.includes(`get namespace ${namespace}`));
}

/** The call that makes a namespace, whether it came to be or not. */
export function creationOf(calls: readonly KubectlCall[], namespace: string): KubectlCall | undefined {
  const creations = calls.filter(({ words }) => words.includes(`create namespace ${namespace}`));
  return creations.find(({ status }) => status === 0) ?? creations[0];
}

/** The call that applied the template; undefined when none succeeded. */
export function hardeningOf(calls: readonly KubectlCall[]): KubectlCall | undefined {
  return calls.findLast(({ words, status }) => status === 0 && / apply( |$)/.test(words));
}

/** The times between the end of a call and the beginning of the next, in milliseconds. */
export function pausesMs(calls: readonly KubectlCall[]): number[] {
  return calls.slice(1).map(({ beganMs }, index) => beganMs - (calls[index]?.endedMs ?? 0));
}

/** The milliseconds between two times that none of the calls took: a script's own. Calls do not overlap. */
export function ownTimeMs(calls: readonly KubectlCall[], { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): number {
  const inCalls = calls.reduce((sum, { beganMs, endedMs }) => sum + Math.max(0, Math.min(endedMs, toMs) - Math.max(beganMs, fromMs)), 0);
  return Math.max(0, toMs - fromMs - inCalls);
}
