import { stripVTControlCharacters } from 'node:util';

/** The text's lines without terminal control characters, so that what a cluster printed cannot move the cursor. */
export function plainLines(text: string): string[] {
  return stripVTControlCharacters(text)
    .trimEnd()
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) =>
      line
        .replaceAll('\t', '  ')
        .replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '')
        .trimEnd(),
    );
}

/** The text on one line, without control characters. */
export function oneLine(text: string): string {
  return plainLines(text).join(' ').replaceAll(/ {2,}/g, ' ').trim();
}

/** The text on one line, cut to `width` characters with an ellipsis when it is longer. */
export function shortened(text: string, width: number): string {
  const line = Array.from(oneLine(text));
  if (line.length <= width) return line.join('');
  return `${line
    .slice(0, Math.max(0, width - 1))
    .join('')
    .trimEnd()}…`;
}
