/**
 * OpenCost's filter language, version 2 (core/pkg/filter/ast/parser.go): namespace:"a","b" + label[app]!:"c" | ( ... ).
 * Operators: ':' equals, '~:' contains, '<~:' begins with, '~>:' ends with, each with '!' before it for its negation.
 */
import { type Properties, sanitizeLabel, unallocated } from './properties.ts';

export type Filter = (properties: Properties) => boolean;

/** The text is no filter. */
export class FilterError extends Error {}

interface Token {
  readonly kind: 'operator' | 'punctuation' | 'string' | 'key' | 'name';
  readonly text: string;
}

const lexeme =
  /\s+|(?<operator>!?<~:|!?~>:|!?~:|!?:)|(?<punctuation>[,+|()])|"(?<string>[^"]*)"|\[(?<key>[^\]]*)\]|(?<name>[A-Za-z0-9_-]+)/gy;
const fields = [
  'cluster',
  'node',
  'namespace',
  'controllerName',
  'controllerKind',
  'container',
  'pod',
  'provider',
  'services',
  'label',
  'annotation',
] as const;
type Field = (typeof fields)[number];
const labelAliases: Readonly<Record<string, string>> = {
  department: 'department',
  environment: 'env',
  owner: 'owner',
  product: 'app',
  team: 'team',
};

export function parseFilter(text: string): Filter {
  const tokens = lex(text);
  const parser = new Parser(tokens);
  return parser.whole();
}

function lex(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let position = 0;
  for (const match of text.matchAll(lexeme)) {
    position += match[0].length;
    const found = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined);
    if (found !== undefined) tokens.push({ kind: found[0] as Token['kind'], text: found[1] ?? '' });
  }
  if (position < text.length) throw new FilterError(`unexpected character/byte at position ${position}. Please avoid Unicode.`);
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Filter {
    if (this.#tokens.length === 0) return () => true;
    const filter = this.#group();
    const left = this.#tokens[this.#next];
    if (left !== undefined) throw new FilterError(`at '${left.text}': unexpected token`);
    return filter;
  }

  /** Elements joined by one kind of operator: mixing needs parentheses. */
  #group(): Filter {
    const elements = [this.#element()];
    let joint: string | undefined;
    for (let token = this.#peek('punctuation', '+', '|'); token !== undefined; token = this.#peek('punctuation', '+', '|')) {
      if (joint !== undefined && joint !== token.text)
        throw new FilterError(`at '${token.text}': found mixed operators, group them with parentheses`);
      joint = token.text;
      this.#next += 1;
      elements.push(this.#element());
    }
    if (joint === '|') return (properties) => elements.some((element) => element(properties));
    return (properties) => elements.every((element) => element(properties));
  }

  #element(): Filter {
    if (this.#peek('punctuation', '(') === undefined) return this.#comparison();
    this.#next += 1;
    const group = this.#group();
    this.#take('punctuation', "expected ')'", ')');
    return group;
  }

  #comparison(): Filter {
    const name = this.#take('name', 'expect filter key').text;
    const key = this.#peek('key') === undefined ? undefined : this.#take('key', 'expect key').text;
    const operator = this.#take('operator', 'expect filter op').text;
    const values = [this.#take('string', 'expect string value').text];
    while (this.#peek('punctuation', ',') !== undefined) {
      this.#next += 1;
      values.push(this.#take('string', 'expect string value').text);
    }
    return comparison({ name, key, operator, values });
  }

  #peek(kind: Token['kind'], ...texts: readonly string[]): Token | undefined {
    const token = this.#tokens[this.#next];
    return token?.kind === kind && (texts.length === 0 || texts.includes(token.text)) ? token : undefined;
  }

  #take(kind: Token['kind'], message: string, ...texts: readonly string[]): Token {
    const token = this.#peek(kind, ...texts);
    if (token === undefined) {
      const saw = this.#tokens[this.#next];
      throw new FilterError(saw === undefined ? `at end: ${message}` : `at '${saw.text}': ${message}`);
    }
    this.#next += 1;
    return token;
  }
}

interface Comparison {
  readonly name: string;
  readonly key: string | undefined;
  readonly operator: string;
  readonly values: readonly string[];
}

/** A list of values means any of them; negated, none of them. */
function comparison({ name, key, operator, values }: Comparison): Filter {
  const negated = operator.startsWith('!');
  const plain = negated ? operator.slice(1) : operator;
  const actual = reader(name, key);
  return (properties) => values.some((value) => compare(actual(properties), plain, value === unallocated ? '' : value)) !== negated;
}

function compare(actual: string | readonly string[], operator: string, wanted: string): boolean {
  if (typeof actual !== 'string') {
    if (operator === ':' || operator === '~:') return wanted === '' ? actual.length === 0 : actual.includes(wanted);
    return actual.some((element) => compare(element, operator, wanted));
  }
  if (operator === '~:') return actual.includes(wanted);
  if (operator === '<~:') return actual.startsWith(wanted);
  if (operator === '~>:') return actual.endsWith(wanted);
  return actual === wanted;
}

function reader(name: string, key: string | undefined): (properties: Properties) => string | readonly string[] {
  const alias = labelAliases[name];
  if (alias !== undefined) return ({ labels, annotations }) => labels[alias] ?? annotations[alias] ?? '';
  const field = fields.find((candidate) => candidate === name);
  if (field === undefined) throw new FilterError(`at '${name}': expect filter key`);
  return (properties) => read(properties, field, key);
}

function read(properties: Properties, field: Field, key: string | undefined): string | readonly string[] {
  switch (field) {
    case 'controllerName':
      return properties.controller;
    case 'provider':
      return properties.providerID;
    case 'label':
    case 'annotation': {
      const map = field === 'label' ? properties.labels : properties.annotations;
      return key === undefined ? Object.keys(map) : (map[sanitizeLabel(key)] ?? '');
    }
    default:
      return properties[field];
  }
}
