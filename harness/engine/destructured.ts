/**
 * The names that a function destructures from its second parameter. A check takes its fixtures there, and the schedule must know
 * them before it starts. Vitest reads the fixtures of `test.extend` in the same way.
 * Throws when the second parameter is no destructuring, for then nobody could tell the names.
 */
export function destructuredFixtures(body: (...args: never[]) => unknown): string[] {
  const [, second] = parametersOf(body.toString());
  if (second === undefined) return [];
  if (!second.startsWith('{')) throw new Error(`fixtures are taken by destructuring, for example { tenants }; saw ${second}`);
  const names = topLevelParts(second.slice(1, closing(second, 0))).map((part) => /^[\w$]+/.exec(part)?.[0] ?? part);
  const rest = names.find((name) => name.startsWith('...'));
  if (rest !== undefined) throw new Error(`fixtures are named one by one; saw ${rest}`);
  return names;
}

function parametersOf(source: string): string[] {
  const open = source.indexOf('(');
  // An arrow function with one parameter may have no parentheses.
  if (open === -1 || (source.includes('=>') && source.indexOf('=>') < open)) return [];
  return topLevelParts(source.slice(open + 1, closing(source, open)));
}

const opening = '([{';
const closingBrackets = ')]}';

/** The parts between commas that are in no brackets. */
function topLevelParts(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of text) {
    if (opening.includes(character)) depth += 1;
    if (closingBrackets.includes(character)) depth -= 1;
    if (character === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += character;
  }
  return [...parts, part.trim()].filter((each) => each !== '');
}

/** The index of the bracket that closes the one at `open`. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index += 1) {
    if (opening.includes(text.charAt(index))) depth += 1;
    if (closingBrackets.includes(text.charAt(index))) depth -= 1;
    if (depth === 0) return index;
  }
  throw new Error('a bracket of the parameters is not closed');
}
