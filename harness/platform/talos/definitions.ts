import { type MethodDefinition, type ServiceDefinition, fromJSON } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { protos } from './protos.ts';

/** 64-bit numbers are text: etcd's member IDs do not fit into a number. */
const options = { longs: String, enums: String, defaults: true, arrays: true, objects: true, keepCase: false } as const;

function load(): (service: string) => ServiceDefinition {
  const root = new protobuf.Root();
  for (const text of protos) protobuf.parse(text, root);
  const definitions = fromJSON(root.toJSON(), options);
  return (service) => {
    const definition = definitions[service];
    if (definition === undefined || !isService(definition)) throw new Error(`the protos have no service ${service}`);
    return definition;
  };
}

function isService(definition: object): definition is ServiceDefinition {
  return !('format' in definition);
}

const service = load();

/** The machine's own API: what it is asked to do, and its streams. */
export const machineService = service('machine.MachineService');
/** What a control plane says of the whole cluster. */
export const clusterService = service('cluster.ClusterService');
/** The resources that Talos's controllers keep (COSI). */
export const stateService = service('cosi.resource.State');

/** A method of either service, by its name. */
export function methodOf(definition: ServiceDefinition, name: string): MethodDefinition<object, object> {
  const method = definition[name];
  if (method === undefined) throw new Error(`no method ${name}`);
  return method;
}
