import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Talos, connectTalos } from '../../../harness/platform/talos/client.ts';
import { patchConfiguration, readPatch } from '../../../harness/platform/talos/machine-config/patch.ts';
import { parseTalosconfig } from '../../../harness/platform/talos/talosconfig.ts';
import { createTalosPki } from '../../lab/pki/talos-pki.ts';
import { type TestCluster, cluster, startTestCluster } from './test-node.ts';

let test: TestCluster;
let admin: Talos;
let reader: Talos;
let operator: Talos;
let backup: Talos;

beforeAll(async () => {
  test = await startTestCluster();
  [admin, reader, operator, backup] = await Promise.all([
    test.client('os:admin'),
    test.client('os:reader'),
    test.client('os:operator'),
    test.client('os:etcd:backup'),
  ]);
});

afterAll(async () => {
  for (const client of [admin, reader, operator, backup]) client.close();
  await test.stop();
});

describe('a caller', () => {
  it('with a certificate of the cluster gets an answer', async () => expect((await admin.node().version()).version.tag).toBe('v1.11.6'));
  it('without a certificate is refused in TLS', async () => {
    const context = parseTalosconfig(await test.pki.talos.talosconfig('os:admin'));
    using nobody = connectTalos({ ...context, certificate: undefined, key: undefined }, { endpoints: [test.endpoint], timeoutMs: 3000 });
    await expect(nobody.node().version()).rejects.toMatchObject({ kind: expect.stringMatching(/certificate-refused|unreachable/) });
  });
  it("with another cluster's certificate is refused in TLS", async () => {
    const other = parseTalosconfig(await (await createTalosPki(cluster)).talosconfig('os:admin'));
    const own = parseTalosconfig(await test.pki.talos.talosconfig('os:admin'));
    using stranger = connectTalos({ ...other, ca: own.ca }, { endpoints: [test.endpoint], timeoutMs: 3000 });
    await expect(stranger.node().version()).rejects.toMatchObject({ kind: expect.stringMatching(/certificate-refused|unreachable/) });
  });
  it("does not trust another cluster's server", async () => {
    const other = parseTalosconfig(await (await createTalosPki(cluster)).talosconfig('os:admin'));
    using stranger = connectTalos(other, { endpoints: [test.endpoint], timeoutMs: 3000 });
    await expect(stranger.node().version()).rejects.toMatchObject({ kind: 'certificate-refused' });
  });
});

describe('a role', () => {
  it('os:reader may read', async () => expect(await reader.node().hostname()).toBe(hostname()));
  it('os:reader may not reboot', async () =>
    expect(reader.node().reboot()).rejects.toMatchObject({ kind: 'permission-denied', details: 'not authorized' }));
  it('os:reader may not read the machine configuration', async () =>
    expect(reader.node().machineConfiguration()).rejects.toMatchObject({ kind: 'permission-denied', details: 'not authorized' }));
  it('os:reader may not read files', async () =>
    expect(reader.node().read('/etc/hosts')).rejects.toMatchObject({ kind: 'permission-denied' }));
  it('os:operator may not apply a configuration', async () =>
    expect(operator.node().applyConfiguration('')).rejects.toMatchObject({ kind: 'permission-denied' }));
  it('os:etcd:backup may not ask for the version', async () =>
    expect(backup.node().version()).rejects.toMatchObject({ kind: 'permission-denied' }));
  it('os:operator may shut down', async () => {
    await operator.node().shutdown({ force: true });
    expect(test.node('cp01').ended).toContain('shutdown at once');
  });
});

describe('a credential made by a control plane', () => {
  it('has the role that was asked for', async () => {
    const context = parseTalosconfig((await admin.node().talosconfigFor(['os:reader'])).reveal());
    expect(context.name).toBe('reader@talos29');
    using made = connectTalos(context, { endpoints: [test.endpoint] });
    await expect(made.node().hostname()).resolves.toBe(hostname());
    await expect(made.node().reboot()).rejects.toMatchObject({ kind: 'permission-denied' });
  });
  it('is not made by a worker', async () =>
    expect(admin.node('127.0.0.3').talosconfigFor(['os:reader'])).rejects.toMatchObject({ kind: 'failed-precondition' }));
  it('is not made for an operator', async () =>
    expect(operator.node().talosconfigFor(['os:admin'])).rejects.toMatchObject({ kind: 'permission-denied' }));
  it('for Kubernetes is a kubeconfig at the endpoint name', async () =>
    expect((await admin.node().kubeconfig()).reveal()).toContain('server: https://29.talos.vaheed.net:6443'));
});

describe('a request for another node', () => {
  it('is forwarded by a control plane with the caller’s role', async () => {
    await expect(reader.node('127.0.0.3').reboot()).rejects.toMatchObject({ kind: 'permission-denied' });
    await operator.node('127.0.0.3').reboot();
    expect(test.node('w01').ended).toEqual(['reboot']);
  });
  it('reads the other node’s resources', async () =>
    expect((await admin.node('127.0.0.3').get('machinetypes', 'machine-type')).spec).toBe('worker'));
  it('streams from the other node', async () =>
    expect(Buffer.concat(await Array.fromAsync(admin.node('127.0.0.2').logs('kubelet', { tailLines: 1 }))).toString()).toBe('three\n'));
  it('is refused by a worker', async () => {
    using atWorker = await test.client('os:admin', '127.0.0.3');
    await expect(atWorker.node('127.0.0.1').version()).resolves.toBeDefined();
    await expect(atWorker.node('192.0.2.1').version()).rejects.toMatchObject({
      kind: 'permission-denied',
      details: 'no request forwarding',
    });
  });
  it('gets one message of each of several nodes, errors included', async () => {
    const answers = await admin.versions(['127.0.0.2', '127.0.0.9']);
    expect(answers.map(({ metadata, version }) => [metadata?.hostname, version?.tag ?? '', metadata?.error !== ''])).toEqual([
      ['127.0.0.2', 'v1.11.6', false],
      ['127.0.0.9', '', true],
    ]);
  });
});

describe('a resource', () => {
  it('of an unknown type is refused as Talos does', async () =>
    expect(reader.node().list('Nothing.talos.dev')).rejects.toMatchObject({
      kind: 'permission-denied',
      details: 'resource type "Nothing.talos.dev" is not supported',
    }));
  it('that is not there is not found', async () =>
    expect(reader.node().get('hostnamestatuses', 'other')).rejects.toMatchObject({ kind: 'not-found' }));
  it('shows the loopback card', async () =>
    expect((await reader.node().list<{ type: string }>('links')).find(({ id }) => id === 'lo')?.spec.type).toBe('loopback'));
  it('lists the members', async () => expect((await reader.node().list('members')).map(({ id }) => id)).toEqual(['cp01', 'cp02', 'w01']));
  it('describes the types for talosctl', async () =>
    expect(
      (await reader.node().list<{ allAliases: string[] }>('resourcedefinitions')).find(({ id }) => id === 'hostnamestatuses.net.talos.dev')
        ?.spec.allAliases,
    ).toContain('hostname'));
});

describe('a service', () => {
  it('that Talos does not let stop stays', async () =>
    expect(operator.node().stopService('kubelet')).rejects.toMatchObject({
      details: `service "kubelet" doesn't support stop operation via API`,
    }));
  it('that is none is refused', async () =>
    expect(operator.node().restartService('nothing')).rejects.toMatchObject({ details: 'service "nothing" not defined' }));
  it('without a log is refused', async () =>
    expect(Array.fromAsync(reader.node().logs('nothing'))).rejects.toMatchObject({ details: 'log "nothing" was not registered' }));
  it('of etcd is asked for on a worker', async () =>
    expect(reader.node('127.0.0.3').etcdStatus()).rejects.toMatchObject({
      kind: 'unimplemented',
      details: 'etcd status is only available on control plane nodes',
    }));
});

describe('a machine configuration', () => {
  it('with unknown keys is refused', async () => {
    const changed = (await admin.node().machineConfiguration()).replace('machine:\n', 'machine:\n    firewall:\n        enabled: true\n');
    await expect(admin.node().applyConfiguration(changed)).rejects.toMatchObject({
      kind: 'invalid-argument',
      details: 'unknown keys found during decoding:\nmachine:\n    firewall:\n        enabled: true\n',
    });
  });
  it('with a VIP on a worker is refused', async () => {
    const changed = (await admin.node('127.0.0.3').machineConfiguration()).replace(
      'dhcp: false\n',
      'dhcp: false\n              vip:\n                ip: 192.168.29.10\n',
    );
    await expect(admin.node('127.0.0.3').applyConfiguration(changed)).rejects.toMatchObject({
      details: '1 error occurred:\n\t* virtual (shared) IP is not allowed on non-controlplane nodes\n\n',
    });
  });
  it('with an address that is none is refused', async () => {
    const changed = (await admin.node().machineConfiguration()).replace('127.0.0.1/24', '127.0.0.300/24');
    await expect(admin.node().applyConfiguration(changed)).rejects.toMatchObject({
      details: expect.stringContaining('invalid CIDR address: 127.0.0.300/24'),
    });
  });
  it('is only looked at in a dry run', async () => {
    const before = await admin.node().machineConfiguration();
    const result = await admin.node().applyConfiguration(before.replace('debug: false', 'debug: true'), { dryRun: true });
    expect(result.modeDetails).toContain('+debug: true');
    expect(await admin.node().machineConfiguration()).toBe(before);
  });
  it('that changes what needs a reboot is refused without one', async () => {
    const changed = (await admin.node().machineConfiguration()).replace('rbac: true', 'rbac: false');
    await expect(admin.node().applyConfiguration(changed, { mode: 'NO_REBOOT' })).rejects.toMatchObject({
      kind: 'invalid-argument',
      details: expect.stringContaining("this config change can't be applied in immediate mode"),
    });
  });
  it('with a firewall is kept on the disk and applied without a reboot', async () => {
    const patch = readPatch('apiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\ningress: block\n');
    const before = await admin.node('127.0.0.2').machineConfiguration();
    const result = await admin.node('127.0.0.2').applyConfiguration(patchConfiguration(before, patch));
    expect(result).toMatchObject({ mode: 'NO_REBOOT', modeDetails: 'Applied configuration without a reboot' });
    expect(await readFile(join(test.folder, 'cp02/disk/etc/talos/config.yaml'), 'utf8')).toContain('kind: NetworkDefaultActionConfig');
    expect(test.node('cp02').applied).toHaveLength(1);
    expect((await reader.node('127.0.0.2').list<{ policy: string }>('nftableschains')).map(({ id, spec }) => [id, spec.policy])).toEqual([
      ['ingress', 'drop'],
      ['prerouting', 'accept'],
    ]);
  });
});

describe("what the suites and talosctl read of a node's services", () => {
  it('has a list of events for each, which the real talosctl takes for granted', async () => {
    const { places } = test.node('cp01').machine;
    await mkdir(join(places.services, 'kubelet'), { recursive: true });
    expect((await reader.node().services()).map(({ id, events }) => [id, events])).toEqual([['kubelet', { events: [] }]]);
  });
  it("has the kubelet's kubeconfig under Talos's name", async () => {
    const { places } = test.node('cp01').machine;
    await mkdir(join(places.etc, 'kubernetes'), { recursive: true });
    await writeFile(join(places.etc, 'kubernetes/kubelet.kubeconfig'), 'clusters: []\n');
    expect((await admin.node().read('/etc/kubernetes/kubeconfig-kubelet')).toString()).toBe('clusters: []\n');
  });
  it('has no leadership of etcd to give away on a worker', async () =>
    expect(admin.node('127.0.0.3').forfeitEtcdLeadership()).rejects.toMatchObject({ kind: 'unimplemented' }));
  it('lets only an administrator move the leadership', async () =>
    expect(operator.node().forfeitEtcdLeadership()).rejects.toMatchObject({ kind: 'permission-denied' }));
});

describe("the cluster's health", () => {
  it('fails at the first check that does not hold in time, and names it', async () => {
    const lines: string[] = [];
    const asked = (async () => {
      for await (const line of reader.node().health({ waitSeconds: 0 })) lines.push(line);
    })();
    // The nodes of this test have no etcd.
    await expect(asked).rejects.toMatchObject({ kind: 'other', details: expect.stringContaining('etcd to be healthy') });
    expect(lines).toEqual(['waiting for etcd to be healthy: ...']);
  });
  it('is not judged by a worker', async () => {
    const asked = Array.fromAsync(admin.node('127.0.0.3').health({ waitSeconds: 0 }));
    await expect(asked).rejects.toMatchObject({ kind: 'unimplemented' });
  });
});

describe('a fault', () => {
  it('makes every role an administrator', async () => {
    await test.fault('talos-any-role', 'on');
    await expect(reader.node().machineConfiguration()).resolves.toContain('type: controlplane');
    await test.fault('talos-any-role', 'off');
    await expect(reader.node().machineConfiguration()).rejects.toMatchObject({ kind: 'permission-denied' });
  });
});
