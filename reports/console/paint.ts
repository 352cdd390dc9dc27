import { styleText } from 'node:util';
import type { Outcome } from '../outcome.ts';

/** The styles that a summary uses, by meaning. */
type Style = Outcome | 'heading';

/** Styles a text, or returns it as it is when colour is off. */
export type Paint = (style: Style, text: string) => string;

const formats = {
  kept: 'green',
  rehearsed: 'cyan',
  broken: 'red',
  inconclusive: 'yellow',
  'not-run': 'gray',
  waived: 'magenta',
  heading: 'bold',
} as const satisfies Record<Style, string>;

/** A paint that obeys `colour` alone: whether a terminal wants colour (NO_COLOR, CI) was decided by the caller. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_style, text) => text;
  return (style, text) => styleText(formats[style], text, { validateStream: false });
}
