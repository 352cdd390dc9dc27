import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type Profile, documentedCluster, profiles } from '../../guide/cluster.ts';
import { erratum } from '../../guide/errata.ts';
import { optionNames } from '../options.ts';
import { guideSteps } from './guide-steps.ts';
import { guideScripts } from './scripts.ts';
import type { Action, Step } from './step.ts';

type KubernetesObject = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: Record<string, unknown>;
  rules?: { resources: string[] }[];
};

const actionsOf = (steps: readonly Step[]): Action[] => steps.flatMap(({ actions }) => actions);
const filesOf = (steps: readonly Step[]): string[] =>
  actionsOf(steps).flatMap((action) => {
    if (action.kind === 'patch') return [action.path];
    return action.kind === 'apply' && action.manifest.kind === 'file' ? [action.manifest.path] : [];
  });
const commandsOf = (steps: readonly Step[]): string[] =>
  actionsOf(steps).flatMap((action) => (action.kind === 'kubectl' ? [action.args.join(' ')] : []));
const scriptsOf = (steps: readonly Step[]): Extract<Action, { kind: 'script' }>[] =>
  actionsOf(steps).filter((action) => action.kind === 'script');
const patchesOf = (steps: readonly Step[]): string[] =>
  actionsOf(steps).flatMap((action) => (action.kind === 'patch-machine-config' ? [action.patch] : []));
const idOf = (profile: Profile, id: string): Step => {
  const found = guideSteps(profile, optionNames).find((step) => step.id === id);
  if (found === undefined) throw new Error(`no step ${id}`);
  return found;
};
/** Every manifest of a step, those too that its scripts give to kubectl. */
const textOf = (profile: Profile, id: string): string => {
  const step = idOf(profile, id);
  return [
    ...filesOf([step]).map(read),
    ...scriptsOf([step]).flatMap(({ name, environment }) => hereDocuments(filled(join(guideScripts(profile), name), environment))),
  ].join('---\n');
};
const hereDocuments = (script: string): string[] =>
  [...script.matchAll(/<<'?EOF'?\n([\s\S]*?)\nEOF\n/g)].map(([, text = '']) => `${text}\n`);
const objectsIn = (text: string): KubernetesObject[] => parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
const objectOf = (profile: Profile, id: string, name: string): KubernetesObject | undefined =>
  objectsIn(textOf(profile, id)).find(({ metadata }) => metadata.name === name);

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** A script with the values of its environment in place of the variables. */
function filled(path: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`\${${name}}`, value), read(path));
}

describe.each(profiles)('the steps %s', (profile) => {
  const steps = guideSteps(profile, optionNames);
  const files = filesOf(steps);

  it('have IDs of their own', () => {
    expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
  });

  it('have a title, a heading of the guide and something to do', () => {
    expect(steps.filter(({ title, guide, actions }) => title.trim() === '' || guide.trim() === '' || actions.length === 0)).toEqual([]);
  });

  it('name only errata that exist', () => {
    expect(steps.flatMap(({ failsBy }) => (failsBy === undefined ? [] : [erratum(failsBy.erratum).id]))).toEqual(
      profile === 'as-written' ? ['E38', 'E38', 'E06', 'E23', 'E49'] : [],
    );
  });

  it('name manifests that exist', () => {
    expect(files.filter((path) => !existsSync(path))).toEqual([]);
  });

  it.each(files.map((path) => [path.slice(path.indexOf('/manifests/') + 11), path] as const))(
    'have in %s objects that YAML can read, each with kind and name',
    (_, path) => {
      const documents = parseAllDocuments(read(path));
      const incomplete = documents.filter((document) => {
        const object = document.toJS() as Partial<KubernetesObject> | null;
        return document.errors.length > 0 || document.warnings.length > 0 || !object?.apiVersion || !object.kind || !object.metadata?.name;
      });
      expect([documents.length > 0, incomplete]).toEqual([true, []]);
    },
  );

  it('name scripts and patches that exist', () => {
    const paths = [...scriptsOf(steps).map(({ name }) => join(guideScripts(profile), name)), ...patchesOf(steps)];
    expect([paths.length > 0, paths.filter((path) => !existsSync(path))]).toEqual([true, []]);
  });

  it('apply no manifest with a placeholder, because nothing fills it', () => {
    expect(files.filter((path) => /\$\{[A-Z]/.test(read(path)))).toEqual([]);
  });

  it('apply no manifest of the other profile', () => {
    const other = profile === 'corrected' ? 'as-written' : 'corrected';
    expect([...files, ...patchesOf(steps)].filter((path) => path.includes(`.${other}.`))).toEqual([]);
  });

  it('make each namespace before something is put into it', () => {
    const made = new Set(['kube-system', 'default', 'metallb-system']);
    const early = steps.flatMap((step) => {
      for (const { name, args } of scriptsOf([step])) if (name === 'provision-tenant.sh') made.add(`canine-${args[0]}`);
      for (const command of commandsOf([step])) made.add(/^create namespace (\S+)$/.exec(command)?.[1] ?? '');
      const namespaces = objectsIn(filesOf([step]).map(read).join('---\n')).map((object) => object?.metadata.namespace);
      return namespaces.filter((namespace) => namespace !== undefined && !made.has(namespace));
    });
    expect(early).toEqual([]);
  });

  it('ask for the documented addresses of the platform Services', () => {
    const asked = files
      .flatMap((path) => objectsIn(read(path)))
      .flatMap(({ kind, spec }) => (kind === 'Service' && spec?.['loadBalancerIP'] !== undefined ? [spec['loadBalancerIP']] : []));
    const { longhorn, canine, opencost } = documentedCluster(profile).services;
    expect(asked).toEqual([longhorn.address, canine.address, opencost.address]);
  });

  it("pass no kubeconfig, which is the provider's", () => {
    expect(commandsOf(steps).filter((command) => command.includes('kubeconfig'))).toEqual([]);
  });
});

describe('both profiles', () => {
  it('have the same steps in the same order, but for those that only a correction makes possible', () => {
    const corrected = guideSteps('corrected').filter(({ id }) => !['tenant-admission', 'canine-onboarding'].includes(id));
    expect(guideSteps('as-written').map(({ id, guide }) => [id, guide])).toEqual(corrected.map(({ id, guide }) => [id, guide]));
  });

  it('use together every manifest that there is', () => {
    const used = new Set(
      profiles.map((profile) => guideSteps(profile, optionNames)).flatMap((steps) => [...filesOf(steps), ...patchesOf(steps)]),
    );
    const folder = join(import.meta.dirname, 'manifests');
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
    expect(all.filter((name) => !used.has(join(folder, name)))).toEqual([]);
  });

  it('give both tenants the same isolation', () => {
    const texts = profiles.map((profile) => [
      textOf(profile, 'isolation-canine-alice'),
      textOf(profile, 'isolation-canine-bob').replaceAll('canine-bob', 'canine-alice'),
    ]);
    expect(texts.map(([alice]) => alice)).toEqual(texts.map(([, bob]) => bob));
  });
});

describe.each(profiles)('the options %s', (profile) => {
  const without = guideSteps(profile).map(({ id }) => id);

  it('add no step to a lab without them', () => {
    expect(without.filter((id) => id.startsWith('opt-'))).toEqual([]);
  });

  it.each(['opt-1', 'opt-3', 'opt-7'] as const)('%s adds steps of its own, and changes no other', (option) => {
    const added = guideSteps(profile, [option]).map(({ id }) => id);
    expect(added.filter((id) => !id.startsWith(`${option}-`))).toEqual(without);
    expect(added.length).toBeGreaterThan(without.length);
  });

  it('opt-4 has its rules in an object of its own as written, and in the configuration when corrected', () => {
    const steps = guideSteps(profile, ['opt-4']);
    const rules = steps.filter((step) => filesOf([step]).some((path) => /prometheus-rule|alerting-rules/.test(path)));
    expect(rules.map(({ id }) => id)).toEqual([profile === 'as-written' ? 'opt-4-alerting-rules' : 'prometheus']);
  });
});

it('corrected, the alerting rules are YAML, and no division compares the label type (erratum E49)', () => {
  const [patched = ''] = filesOf([idOf('corrected', 'prometheus')]).filter((path) => path.includes('alerting-rules'));
  const { data } = parse(read(patched)) as { data: Record<string, string> };
  const { groups } = parse(data['alerting_rules.yml'] ?? '') as { groups: { rules: { alert: string; expr: string }[] }[] };
  const rules = groups.flatMap(({ rules: some }) => some);
  expect(rules.map(({ alert }) => alert)).toEqual(['TenantCPUQuotaHigh', 'TenantMemoryQuotaHigh', 'ClusterCostHigh']);
  expect(rules.filter(({ expr }) => expr.includes('/') && !expr.includes('ignoring(type)'))).toEqual([]);
});

/** Words that only a correction brings; none may be in what the guide itself says. */
const corrections: { erratum: string; step: string; words: string }[] = [
  { erratum: 'E33', step: 'prometheus', words: 'retention.time=35d' },
  ...['longhorn-ui', 'canine', 'opencost'].map((step) => ({ erratum: 'E19', step, words: 'externalTrafficPolicy: Local' })),
  { erratum: 'E17', step: 'admin-access-platform', words: "projectcalico.org/name starts with 'canine-'" },
  { erratum: 'E18', step: 'admin-access-platform', words: 'name: allow-unhardened-tenant-egress' },
  { erratum: 'E18', step: 'admin-access-platform', words: 'ports: [53]' },
  { erratum: 'E20', step: 'admin-access-platform', words: 'name: allow-platform-internal' },
  { erratum: 'E21', step: 'admin-access-api', words: 'kind: HostEndpoint' },
  { erratum: 'E22', step: 'admin-access-api', words: '10.244.0.0/16' },
  { erratum: 'E01', step: 'admin-access-api', words: '192.168.29.13/32' },
  { erratum: 'E24', step: 'admin-access-pools', words: 'serviceAllocation' },
  { erratum: 'E41', step: 'isolation-canine-alice', words: 'cidr: 0.0.0.0/0' },
  { erratum: 'E42', step: 'isolation-canine-alice', words: 'name: allow-published' },
  { erratum: 'E65', step: 'isolation-canine-alice', words: 'services.loadbalancers' },
];
/** Words of the guide that a correction takes away. */
const removals: { erratum: string; step: string; words: string }[] = [
  { erratum: 'E17', step: 'admin-access-platform', words: `"name starts with 'canine-'"` },
  { erratum: 'E21', step: 'admin-access-api', words: 'selector: all()' },
  { erratum: 'E30', step: 'opencost', words: 'app.kubernetes.io/component: ui' },
  { erratum: 'E40', step: 'isolation-canine-alice', words: 'name: deny-admin-namespaces' },
];

describe.each(corrections)('erratum $erratum: the step $step has "$words"', ({ step, words }) => {
  it('not as written', () => expect(textOf('as-written', step)).not.toContain(words));
  it('when corrected', () => expect(textOf('corrected', step)).toContain(words));
});

describe.each(removals)('erratum $erratum: the step $step has "$words"', ({ step, words }) => {
  it('as written', () => expect(textOf('as-written', step)).toContain(words));
  it('not when corrected', () => expect(textOf('corrected', step)).not.toContain(words));
});

describe('the profiles differ by', () => {
  it('erratum E23: corrected, the pool that overlaps is deleted before the new ones', () => {
    expect([
      commandsOf([idOf('as-written', 'admin-access-pools')]),
      idOf('corrected', 'admin-access-pools').actions.map(({ kind }) => kind),
    ]).toEqual([[], ['kubectl', 'apply']]);
  });

  it('erratum E21: corrected, 6443 is taken off the failsafe ports', () => {
    const [patch = ''] = commandsOf([idOf('corrected', 'admin-access-api')]);
    expect([
      commandsOf([idOf('as-written', 'admin-access-api')]),
      patch.includes('failsafeInboundHostPorts'),
      patch.includes('6443'),
    ]).toEqual([[], true, false]);
  });

  it('erratum E45: corrected, tenants enforce the baseline level', () => {
    const scripts = profiles.map((profile) =>
      readFileSync(join(guideScripts(profile), 'apply-tenant-isolation.sh'), 'utf8').includes('enforce=baseline'),
    );
    expect(scripts).toEqual([false, true]);
  });

  it.each([
    ['as-written', 2],
    ['corrected', 1],
  ] as const)('erratum E39: %s, the way to cluster DNS is %i peers', (profile, peers) => {
    const egress = objectOf(profile, 'isolation-canine-alice', 'deny-all-default')?.spec?.['egress'] as {
      to: unknown[];
      ports?: unknown[];
    }[];
    expect(egress.find(({ ports }) => ports !== undefined)?.to).toHaveLength(peers);
  });

  it.each([
    ['as-written', true],
    ['corrected', false],
  ] as const)('erratum E44: %s, the tenant role has secrets: %s', (profile, has) => {
    expect(objectOf(profile, 'isolation-canine-alice', 'tenant-role')?.rules?.some(({ resources }) => resources.includes('secrets'))).toBe(
      has,
    );
  });

  it('erratum E44: corrected, pods of a tenant run as its own accounts', () => {
    expect(textOf('corrected', 'tenant-admission')).toContain("object.spec.serviceAccountName in ['default', 'tenant-sa']");
  });

  it("erratum E35: corrected, Prometheus' namespace admits host access", () => {
    const labels = profiles.map(
      (profile) =>
        commandsOf([idOf(profile, 'namespace-prometheus-system')]).filter((command) => command.includes('enforce=privileged')).length,
    );
    expect(labels).toEqual([0, 1]);
  });
});

it('corrected, every node has a host endpoint at its address (errata E21, E100)', () => {
  const endpoints = objectsIn(textOf('corrected', 'admin-access-api')).filter(({ kind }) => kind === 'HostEndpoint');
  const found = Object.fromEntries(endpoints.map(({ metadata, spec }) => [metadata.name, [spec?.['node'], spec?.['expectedIPs']]]));
  expect(found).toEqual(Object.fromEntries(documentedCluster('corrected').nodes.map(({ name, address }) => [name, [name, [address]]])));
});

describe('corrected, every control plane', () => {
  const controlPlanes = documentedCluster('corrected').nodes.filter(({ role }) => role === 'control-plane');

  it("may still call the platform's webhooks", () => {
    const text = JSON.stringify(objectOf('corrected', 'admin-access-platform', 'allow-platform-internal'));
    expect(controlPlanes.filter(({ address }) => !text.includes(`"${address}/32"`))).toEqual([]);
  });
});

it('corrected, every node keeps the API (erratum E22)', () => {
  const [allow] = (objectOf('corrected', 'admin-access-api', 'allow-admin-to-k8s-api')?.spec?.['ingress'] ?? []) as {
    source: { nets: string[] };
  }[];
  expect(documentedCluster('corrected').nodes.filter(({ address }) => !allow?.source.nets.includes(`${address}/32`))).toEqual([]);
});

it.each(profiles)('%s, the admin sources of the guide are admitted to the API', (profile) => {
  const [allow] = (objectOf(profile, 'admin-access-api', 'allow-admin-to-k8s-api')?.spec?.['ingress'] ?? []) as {
    source: { nets: string[] };
  }[];
  expect(Object.values(documentedCluster(profile).adminSources).filter((net) => !allow?.source.nets.includes(net))).toEqual([]);
});
