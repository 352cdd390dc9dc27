import { oneLine } from './plain-text.ts';
import { xmlDocument } from './xml.ts';
import type { XmlElement } from './xml.ts';

/** The colours of pictures: on a white ground of their own, so that they read alike in a light and in a dark report. */
export const ink = {
  text: '#1f2933',
  faint: '#6b7785',
  line: '#d5dbe1',
  ground: '#ffffff',
  answered: '#2f6fb3',
  failed: '#c8352b',
  event: '#7a3e9d',
} as const;

const family = 'system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif';
/** A character is at most so wide, in parts of the font's size: words are laid out before anybody knows the font. */
const widestCharacter = 0.58;

/** A picture as an SVG document of this size, in pixels; its title is what a reader without eyes is told. */
export function picture(
  { width, height, title }: { width: number; height: number; title: string },
  children: readonly XmlElement[],
): string {
  return xmlDocument({
    name: 'svg',
    attributes: {
      xmlns: 'http://www.w3.org/2000/svg',
      ...numbers({ width, height }),
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'font-family': family,
    },
    children: [
      { name: 'title', attributes: {}, children: [oneLine(title)] },
      rectangle({ x: 0, y: 0, width, height }, ink.ground),
      ...children,
    ],
  });
}

/** How a text is set; the defaults are 11 pixels, plain, beginning at the point. */
interface TextStyle {
  readonly size?: number;
  readonly fill?: string;
  readonly bold?: true;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Stands clear of the lines that it crosses. */
  readonly clear?: true;
  /** Written upwards, as the label of a narrow column is. */
  readonly upwards?: true;
}

/** A text on one line at this point of its baseline. */
export function text(
  x: number,
  y: number,
  words: string,
  { size = 11, fill = ink.text, bold, anchor = 'start', clear, upwards }: TextStyle = {},
): XmlElement {
  const attributes = {
    ...numbers({ x, y, 'font-size': size }),
    fill,
    ...(bold ? { 'font-weight': 'bold' } : {}),
    ...(clear ? { stroke: ink.ground, 'stroke-width': '3', 'paint-order': 'stroke' } : {}),
    ...(anchor === 'start' ? {} : { 'text-anchor': anchor }),
    ...(upwards ? { transform: `rotate(-90 ${rounded(x)} ${rounded(y)})` } : {}),
  };
  return { name: 'text', attributes, children: [oneLine(words)] };
}

/** At most this many pixels are needed for the words. */
export function widthOf(words: string, size = 11): number {
  return Math.ceil(Array.from(words).length * size * widestCharacter);
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function rectangle(area: Area, fill: string, more: Readonly<Record<string, string>> = {}): XmlElement {
  return { name: 'rect', attributes: { ...numbers({ ...area }), fill, ...more }, children: [] };
}

export function line(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  stroke: string,
  more: Readonly<Record<string, string>> = {},
): XmlElement {
  return { name: 'line', attributes: { ...numbers({ x1, y1, x2, y2 }), stroke, ...more }, children: [] };
}

/** Many rectangles of one colour as one element: thousands of their own would make a report that no browser opens. */
export function rectangles(areas: readonly Area[], fill: string): XmlElement[] {
  if (areas.length === 0) return [];
  const path = areas
    .map(({ x, y, width, height }) => `M${rounded(x)} ${rounded(y)}h${rounded(width)}v${rounded(height)}h${rounded(-width)}z`)
    .join('');
  return [{ name: 'path', attributes: { d: path, fill }, children: [] }];
}

function numbers(values: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rounded(value)]));
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
