import { describe, expect, it } from 'vitest';
import { parseSelector } from './selector.ts';

const alice = { 'projectcalico.org/name': 'canine-alice', 'canine-tenant': 'alice', app: 'web' };

describe('a selector of Calico', () => {
  it.each([
    '',
    'all()',
    "app == 'web'",
    'app == "web"',
    "app != 'api'",
    "tier != 'api'",
    "app in {'api', 'web'}",
    "app not in {'api'}",
    "tier not in {'api'}",
    'has(app)',
    '!has(tier)',
    "projectcalico.org/name starts with 'canine-'",
    "projectcalico.org/name ends with 'alice'",
    "projectcalico.org/name contains 'ine-al'",
    "has(app) && app == 'web'",
    "app == 'api' || has(canine-tenant)",
    "app == 'web' || app == 'api' && has(tier)",
    "!(app == 'api' || has(tier))",
  ])('selects by %j', (selector) => {
    expect(parseSelector(selector)(alice)).toBe(true);
  });

  it.each([
    "name starts with 'canine-'",
    "app == 'api'",
    "app in {'api'}",
    "tier in {''}",
    "app not in {'web'}",
    '!has(app)',
    "projectcalico.org/name starts with 'canine-' && !has(canine-tenant)",
    "(app == 'web' || app == 'api') && has(tier)",
    "tier contains ''",
  ])('does not select by %j', (selector) => {
    expect(parseSelector(selector)(alice)).toBe(false);
  });

  it.each(["app == 'web", 'app == web', 'app', "app in {'web'", 'nothing(app)', "app = 'web'", "(app == 'web'", "app == 'web' has(app)"])(
    'is not %j',
    (text) => {
      expect(() => parseSelector(text)).toThrow(SyntaxError);
    },
  );
});

/** Behaviour that Calico's own parser is held to (libcalico-go, lib/selector/parser, parser_test.go at v3.30). */
describe('a selector as Calico reads it', () => {
  it.each([
    [`a in {"'", '"', "c"}`, { a: '"' }, true],
    [`a in {"'", '"', "c"}`, {}, false],
    [`a not in {"d", "e"}`, {}, true],
    [`a notin {"a"}`, { a: 'a' }, false],
    ['a contains "a"', { a: 'bab' }, true],
    ['a contains "a"', { b: 'aaa' }, false],
    ['a starts with "a"', { a: 'baa' }, false],
    ['a startswith "a"', { a: 'abb' }, true],
    ['a ends with "a"', { a: 'aab' }, false],
    ['a endswith "a"', { a: 'bba' }, true],
    ['!a in {"a"}', { a: 'b' }, true],
    ["a != 'a1' && !b == 'b1'", { a: 'a1', b: 'b1' }, false],
    ["! a == 'a1' || ! b == 'b1'", { a: 'a1', b: 'b1' }, false],
    ['!!has(b)', { a: 'b' }, false],
    ['!! ! has(a)', { a: 'b' }, false],
    ['!(!has(a) || has(b))', { a: 'a' }, true],
    ['! (has( b)||! has(a ))', { a: 'a' }, true],
    [' ', {}, true],
    [' (all() )', { a: 'b' }, true],
    [' global()', { a: 'b' }, true],
  ])('%j of %j is %j', (selector, labels, isSelected) => {
    expect(parseSelector(selector)(labels as Record<string, string>)).toBe(isSelected);
  });

  it.each([
    'b contains b',
    'b starts with b',
    "'b1' == 'b'",
    'a b',
    '!',
    'foo == "bar" &',
    'foo != ||',
    'foo in {"", ||',
    'foo in ""',
    '"FOO',
    `"FOO'`,
    '(',
    '()',
    ')',
    '%',
    'a == "b" || %',
    'has(foo) &&',
  ])('is not %j', (text) => {
    expect(() => parseSelector(text)).toThrow(SyntaxError);
  });
});
