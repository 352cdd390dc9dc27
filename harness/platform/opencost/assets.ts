import { type OpenCostAnswer, jsonOf } from './allocation.ts';

/** A node, a disk or a load balancer with its cost (opencost core, asset_json.go). */
interface Asset {
  readonly type: string;
  readonly properties: { readonly name?: string };
  readonly minutes: number;
  readonly totalCost: number;
  /** Of nodes. */
  readonly cpuCores?: number;
  readonly ramBytes?: number;
  readonly cpuCoreHours?: number;
  readonly ramByteHours?: number;
}

/** The assets of an answer to /assets, or the words of one that has none. Data is an object by asset, and not a list (erratum E31). */
export function assetsIn(
  answer: OpenCostAnswer,
): { readonly kind: 'assets'; readonly assets: readonly Asset[] } | { readonly kind: 'refused'; readonly text: string } {
  if (answer.kind === 'silent') return { kind: 'refused', text: answer.text };
  const { data } = (jsonOf(answer.body) ?? {}) as { data?: Readonly<Record<string, Asset>> | null };
  if (answer.status !== 200 || typeof data !== 'object' || data === null)
    return { kind: 'refused', text: `HTTP ${answer.status}: ${answer.body.trim().slice(0, 200)}` };
  return { kind: 'assets', assets: Object.values(data) };
}

/** The names of the assets of one type. */
export function assetNames(assets: readonly Asset[], type: string): string[] {
  return assets.filter((each) => each.type === type).map(({ properties }) => properties.name ?? '');
}
