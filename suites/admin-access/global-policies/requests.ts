/** Requests that an echo pod has answered. */
export interface Heard {
  /** For its name, over HTTP. */
  readonly http: number;
  /** For its name, by a datagram. */
  readonly udp: number;
}

/** Counts requests by the lines that agnhost netexec logs of them (agnhost 2.47); the kubelet's probe asks for `/`. */
export function requestsIn(log: string): Heard {
  const count = (line: string): number => log.split('\n').filter((text) => text.includes(line)).length;
  return { http: count('GET /hostname'), udp: count('Sending udp hostName response') };
}

export function heardText({ http, udp }: Heard): string {
  return `${http} over HTTP, ${udp} over UDP`;
}
