import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem, exitCode } from '../problem.ts';
import { eventLine, eventOf, problemOf, refusal } from './events.ts';

describe('the line of an event', () => {
  it('is one line, and gives the event back, whatever its text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = eventLine({ kind: 'left-behind', text });
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(eventOf(line.slice(0, -1))).toEqual({ kind: 'left-behind', text });
      }),
    );
  });

  it('that was cut is no event, wherever it was cut', () => {
    const line = eventLine({ kind: 'note', text: 'a "word" and \\ {}' }).trimEnd();
    for (let length = 0; length < line.length; length += 1) expect(eventOf(line.slice(0, length))).toBeUndefined();
  });

  it.each(['', '[]', 'null', '{"kind":"unheard-of"}', '{"kind":"note"}', '{"kind":"refused","problem":{"code":77}}'])(
    'is not %j',
    (line) => {
      expect(eventOf(line)).toBeUndefined();
    },
  );
});

it('a Problem comes through a refusal as it was', () => {
  const problem = new Problem(exitCode.provider, { expected: 'one', saw: 'two', next: 'three' });
  const line = eventLine(refusal(problem));
  const event = eventOf(line.trimEnd());
  if (event?.kind !== 'refused') throw new Error(`no refusal: ${line}`);
  expect(problemOf(event)).toMatchObject({ code: problem.code, text: problem.text });
});
