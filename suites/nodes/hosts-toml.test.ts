import { describe, expect, it } from 'vitest';
import { mirrorEndpoints } from './hosts-toml.ts';

describe("the servers of a registry in containerd's file", () => {
  it('are its host tables, in their order', () => {
    const text =
      'server = "https://docker.io"\n\n[host."https://registry.vaheed.net:2053"]\n  capabilities = ["pull", "resolve"]\n\n[host."https://other:1"]\n';
    expect(mirrorEndpoints(text)).toEqual(['https://registry.vaheed.net:2053', 'https://other:1']);
  });

  it("are none where only the registry's own address is named", () => {
    expect(mirrorEndpoints('server = "https://docker.io"\n')).toEqual([]);
  });

  it('are quoted either way', () => {
    expect(mirrorEndpoints("[host.'https://registry.vaheed.net:8443']\n")).toEqual(['https://registry.vaheed.net:8443']);
  });
});
