import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeConfiguration } from './decode.ts';

const manifests = join(import.meta.dirname, '../../../../provision/steps/manifests/talos');
const main = 'version: v1alpha1\nmachine:\n    type: worker\ncluster: {}\n';

/** Each was answered so by talosctl v1.11.6, or is the text of its source. */
const refused: readonly (readonly [what: string, text: string, message: string])[] = [
  ['an unknown key', `${main}firewall: {}\n`, 'unknown keys found during decoding:\nfirewall: {}\n'],
  [
    'an unknown key within known ones',
    'machine:\n    network:\n        firewall:\n            enabled: true\n',
    'unknown keys found during decoding:\nmachine:\n    network:\n        firewall:\n            enabled: true\n',
  ],
  [
    'an unknown key in a list, alone',
    'machine:\n    disks:\n        - device: /dev/sdb\n          mount: /x\n        - device: /dev/sdc\n',
    'unknown keys found during decoding:\nmachine:\n    disks:\n        - mount: /x\n',
  ],
  ['an unknown kind', 'apiVersion: v1alpha1\nkind: FirewallConfig\n', '"FirewallConfig" "v1alpha1": not registered'],
  [
    'a known kind of another version',
    'apiVersion: v2\nkind: NetworkDefaultActionConfig\n',
    '"NetworkDefaultActionConfig" "v2": not registered',
  ],
  ['a document without a kind', 'ingress: block\n', 'missing kind'],
  [
    'a document twice',
    'apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: a\n---\napiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: a\n',
    'duplicate document v1alpha1/NetworkRuleConfig/a is not allowed',
  ],
];

describe('a machine configuration', () => {
  it.each(refused)('with %s is refused', (_, text, message) => expect(() => decodeConfiguration(text)).toThrow(message));
  it('may have documents of several kinds', () =>
    expect(
      decodeConfiguration(
        `${main}---\napiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\ningress: block\n---\napiVersion: v1alpha1\nkind: UserVolumeConfig\nname: longhorn\n`,
      ).map(({ kind, name }) => [kind, name]),
    ).toEqual([
      ['v1alpha1', undefined],
      ['NetworkDefaultActionConfig', undefined],
      ['UserVolumeConfig', 'longhorn'],
    ]));
  it('may have free names where Talos has maps', () =>
    expect(() =>
      decodeConfiguration(
        'machine:\n    sysctls:\n        vm.max_map_count: "262144"\n    registries:\n        mirrors:\n            docker.io:\n                endpoints: []\n',
      ),
    ).not.toThrow());
});

describe("the guide's firewall patch", () => {
  it('as written is refused for its key', () =>
    expect(() => decodeConfiguration(readFileSync(join(manifests, 'firewall.as-written.yaml'), 'utf8'), { patch: true })).toThrow(
      'unknown keys found during decoding:\nmachine:\n    firewall:\n        enabled: true\n        rules:\n',
    ));
  it('corrected is known', () =>
    expect(
      decodeConfiguration(readFileSync(join(manifests, 'firewall.corrected.yaml'), 'utf8'), { patch: true }).map(({ kind }) => kind),
    ).toContain('NetworkRuleConfig'));
});
