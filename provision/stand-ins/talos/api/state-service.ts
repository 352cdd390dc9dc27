import { status } from '@grpc/grpc-js';
import { stringify } from 'yaml';
import type { ResourceMessage } from '../../../../harness/platform/talos/messages.ts';
import type { Machine } from '../node/machine.ts';
import { resourceTypes } from '../resources/catalogue.ts';
import type { Resource, ResourceType } from '../resources/definition.ts';
import { Refusal } from './refusal.ts';

interface Wanted {
  readonly namespace: string;
  readonly type: string;
}

/** One resource (cosi.resource.State/Get). */
export async function getResource(
  { id, ...wanted }: Wanted & { id: string },
  machine: Machine,
  roles: readonly string[],
): Promise<{ resource: ResourceMessage }> {
  const found = (await readAll(wanted, machine, roles)).find(({ metadata }) => metadata.id === id);
  if (found === undefined)
    throw new Refusal(status.NOT_FOUND, `resource ${wanted.type}(${wanted.namespace}/${id}@undefined) doesn't exist`);
  return { resource: found };
}

/** All resources of a type in a namespace (cosi.resource.State/List). */
export async function listResources(
  { options, ...wanted }: Wanted & { options?: { idQuery?: { regexp: string } | null } | null },
  machine: Machine,
  roles: readonly string[],
): Promise<{ resource: ResourceMessage }[]> {
  const regexp = options?.idQuery?.regexp ?? '';
  const all = await readAll(wanted, machine, roles);
  return all.filter(({ metadata }) => regexp === '' || new RegExp(regexp).test(metadata.id)).map((resource) => ({ resource }));
}

async function readAll({ namespace, type }: Wanted, machine: Machine, roles: readonly string[]): Promise<ResourceMessage[]> {
  const named = resourceTypes.filter((known) => known.type === type);
  if (named.length === 0) throw new Refusal(status.PERMISSION_DENIED, `resource type "${type}" is not supported`);
  if (named.some(({ sensitive }) => sensitive === true) && !roles.includes('os:admin'))
    throw new Refusal(status.PERMISSION_DENIED, 'not authorized');
  if (!resourceTypes.some((known) => known.namespace === namespace))
    throw new Refusal(status.PERMISSION_DENIED, `namespace "${namespace}" is not supported`);
  const here = named.find((known) => known.namespace === namespace);
  return here === undefined ? [] : (await here.read(machine)).map((resource) => encoded(here, resource));
}

function encoded({ type, namespace }: ResourceType, { id, spec, version = 1, labels = {} }: Resource): ResourceMessage {
  return {
    metadata: { namespace, type, id, version: String(version), owner: '', phase: 'running', labels },
    spec: { yamlSpec: typeof spec === 'string' && spec.includes('\n') ? spec : stringify(spec, { indent: 4, lineWidth: 0 }) },
  };
}
