import { describe, expect, it } from 'vitest';
import { optionNames, optionsText, parseOptions } from './options.ts';

describe('options', () => {
  it.each([
    ['opt-4', ['opt-4']],
    ['opt-7,opt-1', ['opt-1', 'opt-7']],
    [' OPT-3 , opt-3', ['opt-3']],
    [optionNames.join(','), [...optionNames]],
  ])('in %j are %j', (text, options) => {
    expect(parseOptions(text)).toEqual({ options });
  });

  it.each([
    ['', ''],
    ['opt-1,', ''],
    ['opt-1,opt-2', 'opt-2'],
    ['cert-manager', 'cert-manager'],
    ['opt-1 opt-3', 'opt-1 opt-3'],
  ])('in %j are refused for %j', (text, unknown) => {
    expect(parseOptions(text)).toEqual({ unknown });
  });

  it('are named with what they install', () => {
    expect([optionsText([]), optionsText(['opt-1', 'opt-7'])]).toEqual(['no options', 'opt-1 (cert-manager), opt-7 (a dedicated worker)']);
  });
});
