import type { Cache } from './cache.ts';
import type { Setting } from './objects.ts';
import { type SettingDefinition, settingDefinition } from './setting-definitions.ts';

/** Reads settings as the controllers use them: those of data engine v1, with the default where there is no object. */
export class SettingReader {
  readonly #value: (name: string) => string | undefined;

  constructor(value: (name: string) => string | undefined) {
    this.#value = value;
  }

  text(name: string): string {
    const value = this.#value(name) ?? settingDefinition(name)?.default ?? '';
    const perEngine = objectOf(value);
    return perEngine === undefined ? value : (perEngine['v1'] ?? '');
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  flag(name: string): boolean {
    return this.text(name) === 'true';
  }
}

export function settingReader(settings: Pick<Cache<Setting>, 'get'>): SettingReader {
  return new SettingReader((name) => settings.get(name)?.value);
}

/** Why a value is not valid for a setting, in Longhorn's words (types/setting.go); undefined if it is. */
export function settingProblem(name: string, value: string): string | undefined {
  const definition = settingDefinition(name);
  const cause = definition === undefined ? `setting ${name} is not supported` : causeOf(definition, value);
  if (cause === undefined) return undefined;
  return `failed to validate setting ${name} with invalid value ${value}: value ${value} of settings ${name} is invalid: ${cause}`;
}

/** The value as the setting's object holds it: a single value of a setting for each data engine becomes its JSON. */
export function storedValue(name: string, value: string): string {
  const definition = settingDefinition(name);
  const engines = definition?.perDataEngine === true ? objectOf(definition.default) : undefined;
  if (engines === undefined || objectOf(value) !== undefined) return value;
  return JSON.stringify(Object.fromEntries(Object.keys(engines).map((engine) => [engine, value.trim()])));
}

function causeOf(definition: SettingDefinition, value: string): string | undefined {
  if (definition.required === true && value === '') return `required setting ${definition.name} shouldn't be empty`;
  if (definition.type === 'deprecated') return undefined;
  const parsed = parse(definition, value);
  if (typeof parsed === 'string') return `failed to parse value ${value} for setting ${definition.displayName}: ${parsed}`;
  return enginesProblem(definition, parsed) ?? valuesProblem(definition, parsed);
}

/** The values by data engine (`all` for a setting that has one value), or why they cannot be read. */
function parse(definition: SettingDefinition, value: string): Map<string, string> | string {
  const perEngine = objectOf(value.trim());
  if (perEngine !== undefined) {
    if (definition.perDataEngine !== true) return 'JSON-formatted value is not supported for non-data-engine-specific setting';
    const entries = Object.entries(perEngine);
    const bad = entries.find(([, text]) => typeof text !== 'string' || !isOfType(definition, text));
    if (bad !== undefined) return `failed to parse ${definition.type} value ${bad[1]} for data engine ${bad[0]}`;
    return new Map(entries);
  }
  const text = definition.type === 'string' ? value : value.trim();
  if (!isOfType(definition, text)) return `failed to parse single ${definition.type} value ${value}: ${syntaxProblem(definition, text)}`;
  const engines = definition.perDataEngine === true ? Object.keys(objectOf(definition.default) ?? {}) : ['all'];
  return new Map(engines.map((engine) => [engine, text]));
}

function isOfType(definition: SettingDefinition, text: string): boolean {
  switch (definition.type) {
    case 'bool':
      return ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text);
    case 'int':
      return /^[+-]?\d+$/.test(text);
    case 'float':
      return text !== '' && Number.isFinite(Number(text));
    default:
      return true;
  }
}

/** The words of Go's strconv, which Longhorn passes on. */
function syntaxProblem(definition: SettingDefinition, text: string): string {
  const call = { bool: 'ParseBool', int: 'ParseInt', float: 'ParseFloat' }[definition.type as 'bool' | 'int' | 'float'];
  return `strconv.${call}: parsing ${JSON.stringify(text)}: invalid syntax`;
}

function enginesProblem(definition: SettingDefinition, values: Map<string, string>): string | undefined {
  const engines = definition.perDataEngine === true ? Object.keys(objectOf(definition.default) ?? {}) : ['all'];
  if (values.size === 0) return `failed to parse value {} for setting ${definition.displayName}, value cannot be empty`;
  if (values.size !== engines.length) return `mismatched data engines for setting ${definition.displayName}`;
  const unknown = [...values.keys()].find((engine) => !engines.includes(engine));
  return unknown === undefined ? undefined : `data engine ${unknown} is not supported for setting ${definition.displayName}`;
}

function valuesProblem(definition: SettingDefinition, values: Map<string, string>): string | undefined {
  const problems = [...values].map(([engine, value]) => valueProblem(definition, engine, value)).filter((problem) => problem !== undefined);
  if (problems.length > 0) return problems.join('\n');
  const only = [...values.values()][0] ?? '';
  if (definition.name === 'snapshot-max-count' && (Number(only) < 2 || Number(only) > 250))
    return `${definition.name} should be between 2 and 250`;
  return undefined;
}

function valueProblem(definition: SettingDefinition, engine: string, value: string): string | undefined {
  const { minimum, maximum, choices } = definition;
  if (minimum !== undefined && Number(value) < minimum)
    return `value ${value} for data engine ${engine} should be larger than or equal to ${minimum}`;
  if (maximum !== undefined && Number(value) > maximum)
    return `value ${value} for data engine ${engine} should be less than or equal to ${maximum}`;
  if (choices !== undefined && !choices.includes(value))
    return `value ${value} is not a valid choice, available choices [${choices.join(' ')}]`;
  return undefined;
}

/** The JSON object that a text is; undefined if it is none. */
function objectOf(text: string): Record<string, string> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
