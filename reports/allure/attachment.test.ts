import { expect, test } from 'vitest';
import { attachmentLimitBytes, attachmentOf } from './attachment.ts';

test('a value is JSON and a text is text', () => {
  expect(attachmentOf('o', 'raw', { a: 1 })).toMatchObject({ name: 'raw', type: 'application/json', content: '{\n  "a": 1\n}' });
  expect(attachmentOf('o', 'raw', 'plain')).toMatchObject({ name: 'raw', type: 'text/plain', content: 'plain' });
});

test('what is too long is cut at a whole character, and says so', () => {
  const { name, type, content } = attachmentOf('o', 'raw', ['é'.repeat(attachmentLimitBytes)]);
  expect({ name, type }).toEqual({ name: 'raw (cut)', type: 'text/plain' });
  expect(Buffer.byteLength(content)).toBeLessThanOrEqual(attachmentLimitBytes);
  expect(content).not.toContain('\ufffd');
  expect(content).toMatch(/\[cut here: the first 65\d{3} of 131\d{3} bytes; the run record has all\]$/);
});

test('equal values of two owners are two files', () => {
  expect(attachmentOf('a', 'raw', 1).source).not.toBe(attachmentOf('b', 'raw', 1).source);
});
