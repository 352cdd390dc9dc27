import { describe, expect, it } from 'vitest';
import { pricesText, pricingFileIn } from './pricing-file.ts';

const own =
  '{"CPU": "0.030000", "RAM": "0.004000", "storage": "0.000050", "GPU": "0.000000", "description": "On-prem VMware cluster pricing"}';

describe("OpenCost's pricing", () => {
  it('has numbers that are written as texts', () => {
    expect(pricesText(pricingFileIn(own))).toBe('CPU 0.03, RAM 0.004, storage 0.00005, GPU 0, "On-prem VMware cluster pricing"');
  });

  it('equals nothing where a price is missing', () => {
    expect(pricingFileIn('{"CPU": "0.03", "GPU": ""}')).toMatchObject({ cpu: 0.03, ram: Number.NaN, gpu: Number.NaN });
  });

  it('is none in a text that is no JSON', () => {
    expect(pricingFileIn('404 page not found')).toMatchObject({ cpu: Number.NaN, description: 'none' });
  });
});
