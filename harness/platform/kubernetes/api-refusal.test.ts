import { ApiException } from '@kubernetes/client-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiRefusal, isNotFound, refusalText } from './api-refusal.ts';

const status = { kind: 'Status', reason: 'NotFound', message: 'pods "p" not found', code: 404 };

describe('a refusal in one line', () => {
  it.each([
    ['a Status', status, ': pods "p" not found'],
    ['a Status in JSON', JSON.stringify(status), ': pods "p" not found'],
    ['plain text', '404 page not found\n', ': 404 page not found'],
    ['the text of a busy server', 'Too many requests, please try again later.\n', ': Too many requests, please try again later.'],
    ['nothing', '', ''],
    ['undefined', undefined, ''],
    ['null', null, ''],
    ['null in JSON', 'null', ': null'],
    ['HTML', '<html>502 Bad Gateway</html>', ': <html>502 Bad Gateway</html>'],
    ['JSON that was cut off', '{"kind":"Status","mess', ': {"kind":"Status","mess'],
    ['bytes', Buffer.from(JSON.stringify(status)), ': pods "p" not found'],
    ['an object without a message', { items: [] }, ''],
    ['an object whose message is none', { message: { text: 'no' } }, ''],
  ])('has what %s says', (_, body, words) => {
    const texts = [new ApiException(404, 'Unknown API Status Code!', body, {}), new ApiRefusal('read', { status: 404, body })].map(
      refusalText,
    );
    expect(texts).toEqual([`the API answered 404${words}`, `the API answered 404${words}`]);
  });

  it('never throws, whatever the body is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json(), fc.jsonValue(), fc.constant(undefined)),
        fc.integer({ min: 300, max: 599 }),
        (body, code) => {
          const refusals = [new ApiException(code, '', body, {}), new ApiRefusal('read', { status: code, body })];
          for (const refusal of refusals) {
            expect(refusalText(refusal)).toContain(`the API answered ${code}`);
            expect(isNotFound(refusal)).toBe(code === 404);
          }
        },
      ),
    );
  });

  it('is none of another error', () => {
    fc.assert(fc.property(fc.anything(), (thrown) => refusalText(thrown) === undefined && !isNotFound(thrown)));
  });
});

describe('an ApiRefusal', () => {
  it('says what was asked, and has code and reason of its own', () => {
    const refusal = new ApiRefusal('read Pod n/p', { status: 404, body: status });
    expect([refusal.message, refusal.code, refusal.reason, refusal.name]).toEqual([
      'read Pod n/p: the API answered 404: pods "p" not found',
      404,
      'NotFound',
      'ApiRefusal',
    ]);
  });
});
