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
