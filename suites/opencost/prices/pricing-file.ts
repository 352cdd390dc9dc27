import { jsonOf } from '../../../harness/platform/opencost/allocation.ts';

/** Prices as OpenCost is given them: USD for a vCPU-hour, a GiB-hour of memory, a GiB-hour of storage, a GPU-hour. */
export interface PricingFile {
  readonly cpu: number;
  readonly ram: number;
  readonly storage: number;
  readonly gpu: number;
  readonly description: string;
}

/** Reads OpenCost's pricing, whose numbers are texts; what is missing or none is NaN, which equals nothing. */
export function pricingFileIn(text: string): PricingFile {
  const given = (jsonOf(text) ?? {}) as Readonly<Record<string, unknown>>;
  const price = (name: string): number => (given[name] === undefined || given[name] === '' ? Number.NaN : Number(given[name]));
  const { description } = given;
  return {
    cpu: price('CPU'),
    ram: price('RAM'),
    storage: price('storage'),
    gpu: price('GPU'),
    description: typeof description === 'string' ? description : 'none',
  };
}

export function pricesText({ cpu, ram, storage, gpu, description }: PricingFile): string {
  return `CPU ${cpu}, RAM ${ram}, storage ${storage}, GPU ${gpu}, "${description}"`;
}
