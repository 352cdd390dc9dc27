/** The labels that a selector is applied to. */
export type Labels = Readonly<Record<string, string>>;
export type Selector = (labels: Labels) => boolean;

/** What is left to read, in order. */
type Tokens = string[];

const token = /\s*(&&|\|\||==|!=|[!(){},]|'[^']*'|"[^"]*"|[\w./-]+)/y;

/**
 * A selector of Calico (docs.tigera.io, GlobalNetworkPolicy, Selectors), as Calico itself would apply it; an empty one
 * selects everything. Throws for what is none.
 */
export function parseSelector(text: string): Selector {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return () => true;
  const selector = either(tokens);
  if (tokens.length > 0) throw new SyntaxError(`selector ${text}: unexpected ${tokens[0]}`);
  return selector;
}

function tokensOf(text: string): Tokens {
  const found: Tokens = [];
  token.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (token.lastIndex < trimmed.length) {
    const at = token.lastIndex;
    const [, next] = token.exec(trimmed) ?? [];
    if (next === undefined) throw new SyntaxError(`selector ${text}: cannot read ${trimmed.slice(at)}`);
    found.push(next);
  }
  return found;
}

function either(tokens: Tokens): Selector {
  const parts = [both(tokens)];
  while (accept(tokens, '||')) parts.push(both(tokens));
  return (labels) => parts.some((part) => part(labels));
}

function both(tokens: Tokens): Selector {
  const parts = [single(tokens)];
  while (accept(tokens, '&&')) parts.push(single(tokens));
  return (labels) => parts.every((part) => part(labels));
}

function single(tokens: Tokens): Selector {
  if (accept(tokens, '!')) {
    const negated = single(tokens);
    return (labels) => !negated(labels);
  }
  if (accept(tokens, '(')) {
    const inner = either(tokens);
    expect(tokens, ')');
    return inner;
  }
  const word = take(tokens);
  return accept(tokens, '(') ? call(word, tokens) : comparison(word, tokens);
}

function call(name: string, tokens: Tokens): Selector {
  // On a namespaceSelector, global() is for endpoints without a namespace; beside labels alone it selects as all() does.
  if (name === 'all' || name === 'global') {
    expect(tokens, ')');
    return () => true;
  }
  if (name !== 'has') throw new SyntaxError(`selectors know no ${name}()`);
  const key = labelKey(take(tokens));
  expect(tokens, ')');
  return (labels) => labels[key] !== undefined;
}

function comparison(word: string, tokens: Tokens): Selector {
  const key = labelKey(word);
  const operator = operatorFrom(tokens);
  // A label that is not there differs from every value.
  switch (operator) {
    case '==':
      return equals(key, value(tokens));
    case '!=':
      return not(equals(key, value(tokens)));
    case 'in':
      return within(key, values(tokens));
    case 'not in':
      return not(within(key, values(tokens)));
    case 'contains':
      return matching(key, value(tokens), (label, part) => label.includes(part));
    case 'starts with':
      return matching(key, value(tokens), (label, part) => label.startsWith(part));
    case 'ends with':
      return matching(key, value(tokens), (label, part) => label.endsWith(part));
    default:
      throw new SyntaxError(`selectors know no ${operator}`);
  }
}

/** Operators of two words, which may be written as one. */
const ofTwoWords: Readonly<Record<string, readonly [string, string]>> = {
  not: ['not in', 'in'],
  notin: ['not in', ''],
  starts: ['starts with', 'with'],
  startswith: ['starts with', ''],
  ends: ['ends with', 'with'],
  endswith: ['ends with', ''],
};

function operatorFrom(tokens: Tokens): string {
  const word = take(tokens);
  const [operator, second] = ofTwoWords[word] ?? [word, ''];
  if (second !== '') expect(tokens, second);
  return operator;
}

function labelKey(word: string): string {
  if (!/^[\w./-]+$/.test(word)) throw new SyntaxError(`a selector has ${word} where a label must be`);
  return word;
}

const not =
  (selector: Selector): Selector =>
  (labels) =>
    !selector(labels);
const equals =
  (key: string, wanted: string): Selector =>
  (labels) =>
    labels[key] === wanted;
const within =
  (key: string, wanted: readonly string[]): Selector =>
  (labels) =>
    wanted.includes(labels[key] ?? '') && labels[key] !== undefined;
const matching =
  (key: string, part: string, matches: (label: string, part: string) => boolean): Selector =>
  (labels) =>
    matches(labels[key] ?? '', part) && labels[key] !== undefined;

function values(tokens: Tokens): string[] {
  expect(tokens, '{');
  const found: string[] = [];
  while (!accept(tokens, '}')) {
    found.push(value(tokens));
    accept(tokens, ',');
  }
  return found;
}

function value(tokens: Tokens): string {
  const quoted = take(tokens);
  if (!/^['"]/.test(quoted)) throw new SyntaxError(`a selector's value is quoted, not ${quoted}`);
  return quoted.slice(1, -1);
}

function accept(tokens: Tokens, wanted: string): boolean {
  if (tokens[0] !== wanted) return false;
  tokens.shift();
  return true;
}

function expect(tokens: Tokens, wanted: string): void {
  if (!accept(tokens, wanted)) throw new SyntaxError(`a selector has ${tokens[0] ?? 'its end'} where ${wanted} must be`);
}

function take(tokens: Tokens): string {
  const next = tokens.shift();
  if (next === undefined) throw new SyntaxError('a selector ends too early');
  return next;
}
