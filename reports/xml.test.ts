import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeXml, xmlDocument } from './xml.ts';

test.each([
  ['a < b && c > "d"', 'a &lt; b &amp;&amp; c &gt; &quot;d&quot;'],
  ['two\nlines\tcell\r', 'two&#10;lines&#9;cell&#13;'],
  [']]>', ']]&gt;'],
  ['bell\u0007 escape\u001b lone\ud800', 'bell\ufffd escape\ufffd lone\ufffd'],
  ['whole 😀', 'whole 😀'],
])('escapes %j', (text, escaped) => {
  expect(escapeXml(text)).toBe(escaped);
});

test('an escaped value has no character that XML forbids or reads as markup', () => {
  const allowed = /^(?:[\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}])*$/u;
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = escapeXml(text);
      expect(escaped).toMatch(allowed);
      expect(escaped.replaceAll(/&(?:amp|lt|gt|quot|#10|#9|#13);/g, '')).not.toMatch(/[<>&"]/);
    }),
  );
});

test('an element of text keeps the text exactly', () => {
  expect(xmlDocument({ name: 'a', attributes: { b: '1' }, children: [{ name: 'c', attributes: {}, children: ['x\n  y'] }] })).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<a b="1">\n  <c>x\n  y</c>\n</a>\n',
  );
});
