/**
 * Stand-in for the API of a Talos v1.11.6 node (apid and machined), on port 50000 over mutual TLS, as a service of every node.
 *
 * It does: roles from the client certificate's organisations with Talos's own table; forwarding to other nodes by the metadata
 * `node` and `nodes` (control planes only); version, hostname, services, memory, mounts, logs, files, etcd members, status,
 * alarms and snapshot as the node really has them; etcd's leadership handed to the first other member; the cluster's health
 * as far as etcd, services and Kubernetes nodes make it; new client certificates for roles, and the administrator's kubeconfig; the COSI resources of resources/ (Get, List); reboot and shutdown, which are
 * the lab's real power; machine configuration read and applied with Talos's strict decoding, validation and refusals, kept on
 * the node's disk and made real: hostname, host entries, sysctls, and the firewall documents as nftables rules, at every boot.
 * Control planes also listen on 50001 as trustd does, and give nobody a certificate.
 *
 * It does not: upgrade, reset, recover etcd, watch resources, take a configuration on trial (mode try), run without its
 * configuration (maintenance mode); change addresses, routes, the kubelet, static pods or disks when their part of the
 * configuration changes. Disks, extensions, members and platform are what the lab put into the node, told by
 * /etc/talos/hardware.json; processors and memory are the whole machine's.
 *
 * Faults (/etc/lab/faults.json: {"NAME": "on"}):
 *   talos-any-role                every certificate of the cluster has the role os:admin
 *   talos-reboot-ignored          reboot and shutdown are accepted and nothing happens
 *   talos-snapshot-truncated      a snapshot's second half is missing
 *   talos-hostname-wrong          the resource HostnameStatus shows another name
 *   talos-configuration-volatile  an applied configuration is lost with the next boot
 *   talos-firewall-idle           firewall documents are kept, but no rule is made (from the next application on)
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { apiPort } from '../../../harness/platform/talos/channel.ts';
import { createApiServer, serverCredentials } from './api/server.ts';
import { createTrustd, trustdCredentials } from './api/trustd.ts';
import { Configuration } from './node/configuration.ts';
import { type Effects, nodeEffects } from './node/effects.ts';
import { Etcd } from './node/etcd.ts';
import type { Hardware, Machine } from './node/machine.ts';
import { nodePlaces as places } from './node/places.ts';
import { endNode } from './node/power.ts';
import { follow } from './node/run.ts';

const trustdPort = 50_001;

const configuration = await Configuration.load(places.state);
const effects = nodeEffects(places);
await effects.apply(configuration);
watchAddresses(effects);

const machine: Machine = {
  places,
  configuration,
  effects,
  etcd: new Etcd(places),
  hardware: JSON.parse(await readFile(join(places.state, 'hardware.json'), 'utf8')) as Hardware,
  end: (wish, options) => endNode(places, wish, options),
};

const pki = (name: string): Promise<Buffer> => readFile(join(places.state, 'pki', name));
const own = { ca: await pki('ca.crt'), certificate: await pki('apid.crt'), key: await pki('apid.key'), port: apiPort };
const forward = configuration.isControlPlane
  ? { ca: own.ca, certificate: await pki('apid-client.crt'), key: await pki('apid-client.key') }
  : undefined;
const options = forward === undefined ? own : { ...own, forward };

await listen(createApiServer(machine, options), apiPort, serverCredentials(options));
if (configuration.isControlPlane) await listen(createTrustd(), trustdPort, trustdCredentials(own));

function listen(server: Server, port: number, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`0.0.0.0:${port}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}

/** The firewall's chains name the node's own addresses, and the VIP comes and goes. */
function watchAddresses({ applyFirewall }: Effects): void {
  const monitor = follow('ip', ['-4', 'monitor', 'address']);
  let pending: NodeJS.Timeout | undefined;
  createInterface({ input: monitor.stdout }).on('line', () => {
    clearTimeout(pending);
    pending = setTimeout(
      () => void applyFirewall(configuration).catch((error: unknown) => process.stdout.write(`apid: firewall: ${String(error)}\n`)),
      50,
    );
  });
  monitor.once('exit', () => process.exit(1));
}
