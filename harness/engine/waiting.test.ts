import { describe, expect, it } from 'vitest';
import { WaitTimeout, until } from './waiting.ts';

const calm = { timeoutMs: 60_000, everyMs: 60_000, signal: new AbortController().signal };

describe('until', () => {
  it('polls at once', async () => {
    expect(await until('a thing', calm, async () => ({ done: 'there' }))).toBe('there');
  });

  it('polls again until the answer is there', async () => {
    let polls = 0;
    const poll = async () => ((polls += 1) === 3 ? { done: polls } : { notYet: 'nothing' });
    expect(await until('a thing', { ...calm, everyMs: 1 }, poll)).toBe(3);
  });

  it('takes an answer that is undefined for an answer', async () => {
    expect(await until('a thing', calm, async () => ({ done: undefined }))).toBeUndefined();
  });

  it('polls once even without time', async () => {
    expect(await until('a thing', { ...calm, timeoutMs: 0 }, async () => ({ done: 1 }))).toBe(1);
  });

  it('says what it waited for, how long, and what it saw last', async () => {
    let polls = 0;
    const waiting = until('an address for web', { ...calm, timeoutMs: 20, everyMs: 5 }, async () => ({
      notYet: `answer ${(polls += 1) > 1 ? 'later' : 'first'}`,
    }));
    await expect(waiting).rejects.toThrow('an address for web: not within 0.02 s, last answer later');
  });

  it('throws a WaitTimeout, so that a caller can tell it from a failure', async () => {
    await expect(until('a thing', { ...calm, timeoutMs: 0 }, async () => ({ notYet: 'nothing' }))).rejects.toBeInstanceOf(WaitTimeout);
  });

  it('passes on what the poll throws', async () => {
    await expect(until('a thing', calm, () => Promise.reject(new Error('no route')))).rejects.toThrow('no route');
  });

  it('does not poll when it was aborted before', async () => {
    let polls = 0;
    const poll = async () => ({ done: (polls += 1) });
    await until('a thing', { ...calm, signal: AbortSignal.abort() }, poll).catch(() => undefined);
    expect(polls).toBe(0);
  });

  it('stops between two polls when it is aborted', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 10);
    await expect(until('a thing', { ...calm, signal: stop.signal }, async () => ({ notYet: 'nothing' }))).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
