/** How a tool ended. */
export interface ToolExit {
  readonly code: number;
  readonly afterMs: number;
}

/** EHOSTUNREACH and ENETUNREACH in the words of the C library, of Go and of BIND. */
export const withoutRoute = /no route to host|(network|host|net) (is )?unreachable/i;
