import { blockTypes } from './block.ts';
import type { ResourceType } from './definition.ts';
import { networkTypes } from './network.ts';
import { systemTypes } from './system.ts';

const described: readonly ResourceType[] = [...networkTypes, ...blockTypes, ...systemTypes];

/** What talosctl asks first, to know a type by the name that the user gave. */
const definitions: ResourceType = {
  type: 'ResourceDefinitions.meta.cosi.dev',
  namespace: 'meta',
  aliases: ['api-resources'],
  read: async () => resourceDefinitions(),
};

/** All types of resources that a node of the lab has. */
export const resourceTypes: readonly ResourceType[] = [...described, definitions];

function resourceDefinitions(): { id: string; spec: unknown }[] {
  const unique = resourceTypes.filter(({ type }, index) => resourceTypes.findIndex((other) => other.type === type) === index);
  return unique.map(({ type, namespace, aliases = [], sensitive, columns = [] }) => {
    const displayType = singular(type.split('.')[0] ?? '');
    return {
      id: type.toLowerCase(),
      spec: {
        type,
        displayType,
        defaultNamespace: namespace,
        aliases,
        allAliases: [
          ...new Set([displayType.toLowerCase(), `${displayType.toLowerCase()}s`, (type.split('.')[0] ?? '').toLowerCase(), ...aliases]),
        ],
        printColumns: columns.map(([name, jsonPath]) => ({ name, jsonPath })),
        sensitivity: sensitive === true ? 'sensitive' : '',
      },
    };
  });
}

function singular(plural: string): string {
  return plural.endsWith('sses') || plural.endsWith('tuses') ? plural.slice(0, -2) : plural.slice(0, -1);
}
