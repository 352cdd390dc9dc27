import type { SampledSeries } from '../../harness/engine/run-record.ts';
import { durationText } from '../duration.ts';
import { shortened } from '../plain-text.ts';
import { ink, line, picture, rectangle, rectangles, text, widthOf } from '../svg.ts';
import type { XmlElement } from '../xml.ts';
import { answeredBy, gapOf } from './gap-of.ts';
import { namesText, seriesText, vantageText } from './series-text.ts';

const width = 960;
const margin = 16;
const plotWidth = width - 2 * margin;
const eventRow = 16;
const laneHeight = 84;
/** Within a lane: the name, where it was sampled from, the samples, who answered. */
const inLane = { name: 14, vantage: 29, samples: 38, answered: 72 } as const;
const sampleHeight = 20;
const axisHeight = 40;
const legendHeight = 24;

/** A lane, the time axis that all lanes share, and what happened. */
interface Drawing {
  readonly endMs: number;
  readonly top: number;
  readonly events: readonly PlacedEvent[];
}

interface PlacedEvent {
  readonly atMs: number;
  readonly text: string;
  readonly row: number;
}

/** What was sampled at one time: a lane for each series, its samples, its longest gap and who answered, with the events across all. */
export function timelinePicture(series: readonly SampledSeries[]): string {
  const endMs = Math.max(1, ...series.flatMap(endsOf));
  const events = placed(series[0]?.events ?? [], endMs);
  const top = legendHeight + (1 + Math.max(-1, ...events.map(({ row }) => row))) * eventRow + 8;
  const drawing: Drawing = { endMs, top, events };
  const bottom = top + series.length * laneHeight;
  return picture({ width, height: bottom + axisHeight, title: series.map(seriesText).join('; ') }, [
    ...legend(),
    ...axis(drawing, bottom),
    ...events.flatMap((event) => eventLine(event, drawing, bottom)),
    ...series.flatMap((each, index) => lane(each, top + index * laneHeight, drawing)),
  ]);
}

function endsOf(series: SampledSeries): number[] {
  return [series.samples.at(-1)?.atMs ?? 0, gapOf(series)?.toMs ?? 0, ...series.events.map(({ atMs }) => atMs)];
}

function xOf(atMs: number, endMs: number): number {
  return margin + (Math.min(atMs, endMs) / endMs) * plotWidth;
}

function legend(): XmlElement[] {
  const entries = [
    ['answered', ink.answered],
    ['failed', ink.failed],
  ] as const;
  return entries.flatMap(([words, fill], index) => [
    rectangle({ x: margin + index * 90, y: 8, width: 10, height: 10 }, fill),
    text(margin + 15 + index * 90, 17, words, { fill: ink.faint }),
  ]);
}

/** Each event's label in the first row where it covers no other. */
function placed(events: SampledSeries['events'], endMs: number): PlacedEvent[] {
  const ends: number[] = [];
  return events
    .toSorted((a, b) => a.atMs - b.atMs)
    .map((event) => {
      const words = shortened(`${event.text} at ${durationText(event.atMs)}`, 60);
      const { x, room } = labelArea(event.atMs, words, endMs);
      const free = ends.findIndex((end) => end < x);
      const row = free < 0 ? ends.length : free;
      ends[row] = x + room + 8;
      return { atMs: event.atMs, text: words, row };
    });
}

/** To the right of its line, or as far to the left as it must be to stay in the picture. */
function labelArea(atMs: number, words: string, endMs: number): { x: number; room: number } {
  const room = widthOf(words);
  return { x: Math.max(margin, Math.min(xOf(atMs, endMs) + 4, width - margin - room)), room };
}

function eventLine({ atMs, text: words, row }: PlacedEvent, { endMs }: Drawing, bottom: number): XmlElement[] {
  const x = xOf(atMs, endMs);
  const y = legendHeight + row * eventRow;
  return [
    line([x, y], [x, bottom], ink.event, { 'stroke-dasharray': '4 3' }),
    text(labelArea(atMs, words, endMs).x, y + 11, words, { fill: ink.event, bold: true }),
  ];
}

function lane(series: SampledSeries, y: number, { endMs }: Drawing): XmlElement[] {
  const barWidth = Math.max(1, Math.min(4, (series.everyMs / endMs) * plotWidth - 0.5));
  const bars = (ok: boolean): { x: number; y: number; width: number; height: number }[] =>
    series.samples
      .filter((sample) => sample.ok === ok)
      .map(({ atMs }) => ({ x: xOf(atMs, endMs) - barWidth / 2, y: y + inLane.samples, width: barWidth, height: sampleHeight }));
  return [
    line([margin, y], [width - margin, y], ink.line),
    text(margin, y + inLane.name, shortened(series.name, 100), { size: 12, bold: true, clear: true }),
    text(margin, y + inLane.vantage, shortened(vantageText(series), 150), { size: 10, fill: ink.faint, clear: true }),
    ...gapArea(series, y, endMs),
    ...rectangles(bars(true), ink.answered),
    ...rectangles(bars(false), ink.failed),
  ];
}

/** The longest gap as a shaded part of the lane with its length, and who answered on either side. */
function gapArea(series: SampledSeries, y: number, endMs: number): XmlElement[] {
  const gap = gapOf(series);
  const answered = y + inLane.answered;
  if (gap === undefined) {
    const names = answeredBy(series.samples);
    return [
      text(margin, answered, names.length === 0 ? 'no failure' : `no failure, answered by ${namesText(names)}`, {
        size: 10,
        fill: ink.faint,
        clear: true,
      }),
    ];
  }
  const [from, to] = [xOf(gap.fromMs, endMs), xOf(gap.toMs, endMs)];
  const length = `${durationText(series.longestGapMs)}${gap.open ? ', no answer after it' : ''}`;
  const half = widthOf(length, 12) / 2;
  const middle = Math.max(margin + half, Math.min((from + to) / 2, width - margin - half));
  return [
    rectangle({ x: from, y: y + inLane.samples, width: Math.max(1, to - from), height: sampleHeight }, ink.failed, {
      'fill-opacity': '0.15',
    }),
    text(middle, answered, length, { size: 12, fill: ink.failed, bold: true, anchor: 'middle', clear: true }),
    ...(gap.before.length === 0
      ? []
      : sideText(`answered by ${namesText(gap.before)}`, { from: margin, to: middle - half, y: answered, anchor: 'start' })),
    ...(gap.after.length === 0
      ? []
      : sideText(`answered by ${namesText(gap.after)}`, { from: middle + half, to: width - margin, y: answered, anchor: 'end' })),
  ];
}

/** Cut to the room that there is beside the gap's length; nothing when that is too little for a name. */
function sideText(words: string, { from, to, y, anchor }: { from: number; to: number; y: number; anchor: 'start' | 'end' }): XmlElement[] {
  const characters = Math.floor((to - from - 12) / widthOf('x', 10));
  if (characters < 16) return [];
  return [text(anchor === 'start' ? from : to, y, shortened(words, characters), { size: 10, fill: ink.faint, anchor, clear: true })];
}

const secondsBetweenTicks = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
const mostTicks = 14;

function axis({ endMs, top }: Drawing, bottom: number): XmlElement[] {
  const step = (secondsBetweenTicks.find((seconds) => endMs / 1000 / seconds <= mostTicks) ?? 3600) * 1000;
  const ticks = Array.from({ length: Math.floor(endMs / step) + 1 }, (_, index) => index * step);
  return [
    ...ticks.map((atMs) => line([xOf(atMs, endMs), top], [xOf(atMs, endMs), bottom + 4], ink.line)),
    line([margin, bottom], [width - margin, bottom], ink.faint),
    ...ticks.map((atMs) => text(xOf(atMs, endMs), bottom + 16, `${atMs / 1000}`, { size: 10, fill: ink.faint, anchor: 'middle' })),
    text(margin, bottom + 31, 'seconds since the sampling began', { size: 10, fill: ink.faint }),
  ];
}
