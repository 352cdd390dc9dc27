/** How a tool ended. */
export interface ToolExit {
  readonly code: number;
  readonly afterMs: number;
}

/**
 * EHOSTUNREACH and ENETUNREACH in the words of the C library, of Go and of BIND; EINVAL is that of a blackhole route, which Calico
 * has on a node for the addresses of its pods that are gone (net/ipv4/route.c, seen).
 */
export const withoutRoute = /no route to host|invalid argument|(network|host|net) (is )?unreachable/i;
