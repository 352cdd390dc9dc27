import { describe, expect, it } from 'vitest';
import { jobsIn, samplesIn } from './prometheus.ts';

describe("an answer of Prometheus's API", () => {
  it('has the samples of a vector', () => {
    const result = [{ metric: { node: 'w01' }, value: [1_796_000_000.5, '0.03'] }];
    expect(samplesIn({ resultType: 'vector', result })).toEqual([{ labels: { node: 'w01' }, value: 0.03, at: 1_796_000_000.5 }]);
  });

  it('has one sample of a scalar', () => {
    expect(samplesIn({ resultType: 'scalar', result: [1, '42'] })).toEqual([{ labels: {}, value: 42, at: 1 }]);
  });

  it('is empty where there is no series', () => {
    expect(samplesIn({ resultType: 'vector', result: [] })).toEqual([]);
  });
});

describe("Prometheus's configuration", () => {
  it('has its jobs', () => {
    const yaml = 'global: {scrape_interval: 1m}\nscrape_configs:\n- job_name: opencost\n  honor_labels: true\n  scrape_interval: 1m\n';
    expect(jobsIn(yaml)).toEqual([{ job_name: 'opencost', honor_labels: true, scrape_interval: '1m' }]);
  });

  it('may have none', () => {
    expect(jobsIn('global: {}\n')).toEqual([]);
  });
});
