import { describe, expect, it } from 'vitest';
import { configurationDifference } from './configuration-difference.ts';

const main = 'version: v1alpha1\nmachine:\n  type: worker\n  sysctls: {vm.max_map_count: "262144"}\ncluster: {token: a}\n';
const firewall = '---\napiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\ningress: block\n';
const rule = (subnet: string): string => `---\napiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: api\ningress: [{subnet: ${subnet}}]\n`;

describe('two machine configurations', () => {
  it('are the same however they are written', () => {
    const rewritten =
      'cluster:\n    token: "a"\nmachine: {sysctls: {vm.max_map_count: \'262144\'}, type: worker}\nversion: v1alpha1\n' + firewall;
    expect(configurationDifference(main + firewall, rewritten)).toEqual([]);
  });

  it('differ in a key, which is named without its value', () => {
    expect(configurationDifference(main.replace('token: a', 'token: secret'), main)).toEqual(['cluster.token']);
  });

  it('differ in a document that one lacks', () => {
    expect(configurationDifference(main, main + firewall)).toEqual(['NetworkDefaultActionConfig']);
  });

  it('differ in a document of one name', () => {
    expect(configurationDifference(main + rule('10.0.0.0/8'), main + rule('0.0.0.0/0'))).toEqual(['NetworkRuleConfig api']);
  });

  it('are not compared where one is no YAML', () => {
    expect(() => configurationDifference('machine: [', main)).toThrow('no YAML');
  });
});
