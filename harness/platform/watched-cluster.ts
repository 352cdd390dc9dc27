import type { Involved } from '../engine/involved.ts';
import type { CapabilityName } from './capabilities.ts';
import type { Use } from '../engine/use.ts';
import type { Target } from '../probe/target.ts';
import { capabilityOf } from '../probe/vantages.ts';
import { capabilitiesOfPath } from './capability-of-path.ts';
import { capabilitiesOfTarget } from './capability-of-target.ts';
import type { Cluster, Place } from './cluster.ts';

/** The capabilities that a probe of this target from this place uses. */
function capabilitiesOfProbe(cluster: Cluster, place: Place, target: Target): CapabilityName[] {
  const ofPlace = 'host' in place ? [capabilityOf(cluster.vantage(place.host))] : [];
  return [...ofPlace, ...capabilitiesOfTarget(target, cluster.documented)];
}

/**
 * The same cluster, which records the capabilities that are used through it, and the places that are probed from. A verdict's basis
 * follows from this record. Each accessor throws AbsentCapability where the cluster does not offer what it needs.
 */
export function watchedCluster(cluster: Cluster, { use, involved }: { readonly use: Use; readonly involved: Involved }): Cluster {
  const { descriptor } = cluster;
  const kubernetes = cluster.kubernetes.watched((_, path) => {
    for (const capability of capabilitiesOfPath(path)) use.touch(capability);
  });
  const atVantage = (name: string): void => use.touch(capabilityOf(cluster.vantage(name)));
  return {
    ...cluster,
    get descriptor() {
      return Object.create(descriptor, {
        talosconfig: { get: () => (use.touch('talos-api'), descriptor.talosconfig), enumerable: true },
        canineLogin: { get: () => (use.touch('canine'), descriptor.canineLogin), enumerable: true },
      }) as Cluster['descriptor'];
    },
    kubernetes,
    runAt: async (name, command, signal, input) => {
      atVantage(name);
      involved.node(name);
      return cluster.runAt(name, command, signal, input);
    },
    runAsReader: async (command, signal, input) => {
      use.touch('guide-scripts');
      if (command.some((word) => /\btalosctl\b/.test(word))) use.touch('talosctl');
      return cluster.runAsReader(command, signal, input);
    },
    power: (node, to) => {
      use.touch('node-power');
      return cluster.power(node, to);
    },
    probe: async (place, targets, signal, seconds) => {
      for (const capability of targets.flatMap((target) => capabilitiesOfProbe(cluster, place, target))) use.touch(capability);
      if ('host' in place) involved.node(place.host);
      else involved.pod(place.namespace, place.pod);
      return cluster.probe(place, targets, signal, seconds);
    },
  };
}
