import { describe, expect, test } from 'vitest';
import { sampleSeries } from '../sample-record.ts';
import { wordsIn } from '../words-in.ts';
import { timelinePicture } from './timeline-picture.ts';

describe('the timeline', () => {
  test('has names, events, the gap and who answered in words', () => {
    const words = wordsIn(timelinePicture([sampleSeries(), sampleSeries({ name: 'kept open', connection: 'kept-open' })]));
    expect(words).toEqual(
      expect.arrayContaining([
        'dashboard at its address',
        'kept open',
        'power off w01 at 4.0 s',
        'power on w01 at 9.0 s',
        '2.4 s',
        'answered by echo-w01',
        'answered by echo-w02',
      ]),
    );
  });

  test('has one bar for each sample', () => {
    const [answered, failed] = [...timelinePicture([sampleSeries()]).matchAll(/<path d="([^"]*)"/g)].map(
      ([, path = '']) => path.split('z').length - 1,
    );
    expect([answered, failed]).toEqual([97, 23]);
  });

  test('says what it shows to readers who do not see it', () => {
    expect(timelinePicture([sampleSeries()])).toContain('<title>dashboard at its address (admin 192.168.1.10');
  });

  test('puts labels of events that would cover each other below one another', () => {
    const events = [1000, 1100, 1200].map((atMs) => ({ atMs, text: 'power off w01' }));
    const rows = [...timelinePicture([sampleSeries({ events })]).matchAll(/<text x="[^"]*" y="([^"]*)"[^>]*>power off/g)].map(([, y]) => y);
    expect(new Set(rows).size).toBe(3);
  });

  test.each([
    { what: 'no samples', changes: { samples: [], events: [], longestGapMs: 0, failures: 0 } },
    { what: 'one sample at once', changes: { samples: [{ atMs: 0, outcome: 'timeout', ok: false }], events: [], longestGapMs: 0 } },
    { what: 'an event after the last sample', changes: { events: [{ atMs: 60_000, text: 'end' }] } },
    { what: 'a name of thousands of characters', changes: { name: 'x'.repeat(5000) } },
  ])('is a picture with $what', ({ changes }) => {
    const svg = timelinePicture([sampleSeries(changes)]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(Math.max(...wordsIn(svg).map((words) => words.length))).toBeLessThan(160);
  });

  test('cannot be changed by what a cluster says', () => {
    const evil = '"/><script>alert(1)</script>&\n\u202e';
    const svg = timelinePicture([
      sampleSeries({
        name: evil,
        vantage: evil,
        target: evil,
        events: [{ atMs: 1, text: evil }],
        samples: [
          { atMs: 0, ok: true, outcome: evil, answeredBy: evil },
          { atMs: 9, ok: false, outcome: evil },
        ],
      }),
    ]);
    expect(svg).not.toMatch(/<script|\u202e|&(?!amp;|lt;|gt;|quot;|#\d+;)/);
  });
});
