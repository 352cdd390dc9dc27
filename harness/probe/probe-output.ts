import type { ToolExit } from './tools/tool-exit.ts';

/** One attempt as probe.sh tells it. */
export interface ProbeReport extends ToolExit {
  /** `curl`: one of the connections that it made together; otherwise the target's own tool. */
  readonly by: 'curl' | 'tool';
  /** The tool's output, or curl's error. */
  readonly text: string;
}

interface ProbeReports {
  /** Undefined when the attempt was not told to its end. */
  of(index: number): ProbeReport | undefined;
  /** Why curl made no connection, by address and port, or by address alone where the kernel refused to send. */
  readonly refusals: ReadonlyMap<string, string>;
}

/** The lines of probe.sh in an output; only those that begin with the nonce are its own. */
export function reportsIn(output: string, { nonce, count }: { readonly nonce: string; readonly count: number }): ProbeReports {
  const own = output.split('\n').flatMap((line) => (line.startsWith(`${nonce} `) ? [line.slice(nonce.length + 1)] : []));
  const byIndex = Array.from({ length: count }, (): string[] => []);
  for (const line of own) {
    const [, index, rest] = /^(\d+) (.*)$/.exec(line) ?? [];
    if (rest !== undefined) byIndex[Number(index)]?.push(rest);
  }
  return {
    of: (index) => reportOf(byIndex[index] ?? []),
    refusals: refusalsIn(own.filter((line) => line.startsWith('! '))),
  };
}

function reportOf(lines: readonly string[]): ProbeReport | undefined {
  const end = lines.find((line) => !line.startsWith('+ '));
  if (end === undefined) return undefined;
  const [code = '', time = '', ...error] = end.split(' ');
  if (time.endsWith('s'))
    return { by: 'curl', code: Number(code), text: error.join(' '), afterMs: Math.round(Number(time.slice(0, -1)) * 1000) };
  const encoded = lines.flatMap((line) => (line.startsWith('+ ') ? [line.slice(2)] : [])).join('');
  return { by: 'tool', code: Number(code), text: Buffer.from(encoded, 'base64').toString(), afterMs: Number(time) };
}

/** Newer versions of curl also name the own address (curl 8.7). Where there is no route it names no port, for none has one. */
function refusalsIn(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const [, address, unsent] = /Immediate connect fail for (\S+): (.*)$/.exec(line) ?? [];
      if (address !== undefined && unsent !== undefined) return [[address, unsent] as const];
      const [, host, port, reason] = /connect to (\S+) port (\d+)(?: from \S+ port \d+)? failed: (.*)$/.exec(line) ?? [];
      return host === undefined || reason === undefined ? [] : [[`${host}:${port}`, reason] as const];
    }),
  );
}
