import { describe, expect, it } from 'vitest';
import { answerIn, withQuery } from './cost-api.ts';

describe('an answer as curl prints it', () => {
  it('has its status and its body', () => {
    expect(answerIn('{"code":200}\n200 0\n')).toEqual({ kind: 'answered', status: 200, body: '{"code":200}' });
  });

  it('may have lines, and no body at all', () => {
    expect(answerIn("Invalid 'window' parameter\n{}\n\n400 0\n")).toMatchObject({ status: 400, body: "Invalid 'window' parameter\n{}\n" });
    expect(answerIn('\n200 0\n')).toMatchObject({ status: 200, body: '' });
  });

  it('is none where curl gave up', () => {
    expect(answerIn('\n000 28\n')).toEqual({ kind: 'silent', text: 'no whole answer: curl ended with 28' });
  });

  it('cannot be told without a status', () => {
    expect(() => answerIn('sh: curl: not found')).toThrow('no status');
  });
});

it('parameters are encoded', () => {
  expect(withQuery('/allocation', { filter: 'namespace:"a"', window: '7d' })).toBe('/allocation?filter=namespace%3A%22a%22&window=7d');
});
