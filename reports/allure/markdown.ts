import { oneLine } from '../plain-text.ts';

/** The text as Markdown that shows exactly these characters, on one line. */
export function markdownText(text: string): string {
  return oneLine(text).replaceAll(/[\\`*_{}[\]()<>#+!|~&-]/g, (character) => `&#${character.charCodeAt(0)};`);
}
