import { jsonOf } from '../../../harness/platform/opencost/allocation.ts';

/** What the MCP server said in a session (mcp-session.sh). */
export interface McpAnswers {
  readonly server: string | undefined;
  readonly tools: readonly string[];
  /** The sum of the costs that its allocation tool told; undefined where it told none. */
  readonly total: number | undefined;
  /** The error to a method that no server has. */
  readonly madeUp: string | undefined;
}

interface Rpc {
  readonly result?: {
    readonly serverInfo?: { readonly name?: string };
    readonly tools?: readonly { readonly name: string }[];
    readonly isError?: boolean;
    readonly content?: readonly { readonly text?: string }[];
  };
  readonly error?: { readonly code: number; readonly message: string };
}

/** Reads the lines that mcp-session.sh prints; what is not there was not told. */
export function mcpAnswersIn(printed: string): McpAnswers {
  const answers = new Map(
    printed.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), (jsonOf(line.slice(line.indexOf(' ') + 1)) ?? {}) as Rpc]),
  );
  const error = answers.get('made-up')?.error;
  return {
    server: answers.get('initialize')?.result?.serverInfo?.name,
    tools: (answers.get('list')?.result?.tools ?? []).map(({ name }) => name),
    total: totalOf(answers.get('costs')?.result),
    madeUp: error === undefined ? undefined : `${error.code} ${error.message}`,
  };
}

function totalOf(result: Rpc['result']): number | undefined {
  if (result === undefined || result.isError === true) return undefined;
  const costs = allocationsWithin(jsonOf(result.content?.[0]?.text ?? ''));
  return costs.length === 0 ? undefined : costs.reduce((sum, cost) => sum + cost, 0);
}

/** The totals of all allocations in an answer, at whatever depth its release has them. */
function allocationsWithin(value: unknown): number[] {
  if (typeof value !== 'object' || value === null) return [];
  const own: unknown = 'totalCost' in value ? value.totalCost : undefined;
  return typeof own === 'number' ? [own] : Object.values(value).flatMap(allocationsWithin);
}
