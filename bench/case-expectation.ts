/** A requirement's ID, as in the register. */
const id = String.raw`(?:NODE|NET|STOR|ISO|ADM|COST)(?:-[A-Z0-9]+)+`;
const ids = new RegExp(id, 'g');
const followedByBroken = new RegExp(String.raw`((?:${id}[\s,]+)+)broken\b`, 'g');
const nothingElse = new RegExp(String.raw`^(?:${id}[\s,]*)+$`);

/**
 * The IDs that a case must turn `broken`, from its line `# Expect:`: those right before the word `broken`, or, where the line
 * has no such word, those of its first clause when it holds nothing else. Remarks in parentheses are left out.
 */
export function expectedBroken(script: string): string[] {
  const [, line = ''] = /^# Expect:(.*)$/m.exec(script) ?? [];
  const text = line.replaceAll(/\([^)]*\)/g, ' ').trim();
  const before = [...text.matchAll(followedByBroken)].flatMap(([, names = '']) => names.match(ids) ?? []);
  if (before.length > 0 || /\bbroken\b/.test(text)) return before;
  const clause = (text.split(';')[0] ?? '').trim();
  return nothingElse.test(clause) ? (clause.match(ids) ?? []) : [];
}
