import type { SampledSeries } from '../../engine/run-record.ts';
import { targetText } from '../claims.ts';
import type { Place } from '../vantages.ts';

/** A request that is made again and again from a place. */
export type SampledRequest = SampledUrl | SampledName;

interface SampledUrl {
  readonly name: string;
  readonly from: Place;
  /** Its answer should be short: the answer's first line says who answered (agnhost's /hostname). */
  readonly url: string;
  /** `new`: a connection for each attempt. `kept-open`: one connection that every request goes over; see startSampling. */
  readonly connection: SampledSeries['connection'];
  /** Takes any certificate. */
  readonly insecure?: boolean;
}

interface SampledName {
  readonly name: string;
  readonly from: Place;
  readonly dns: { readonly server: string; readonly name: string; readonly over: 'udp' | 'tcp' };
}

/** The target in words. */
export function requestText(request: SampledRequest): string {
  return 'url' in request ? request.url : targetText({ kind: 'dns', ...request.dns });
}
