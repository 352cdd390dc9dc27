/** The width for which the summary is laid out, in characters. */
export const columns = 100;

/** Where the text of a labelled line begins: two spaces, the label in ten. */
const labelWidth = 10;

/** Breaks one line at spaces so that each part has at most `width` characters; a longer word stays whole. */
export function wrapped(line: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A label and its lines, indented by two, the lines below one another. */
export function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(labelWidth)}${line}`.trimEnd());
}

/** How many characters a labelled line has for its text. */
export const labelledTextWidth = columns - 2 - labelWidth;
