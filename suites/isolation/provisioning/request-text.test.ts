import { expect, it } from 'vitest';
import { requestText } from './request-text.ts';

it.each([
  ['a body with a value exchanged', '{"name":"alice","admin":true}', 'POST /users {"name":"o\'brien","admin":true}'],
  ['no body', '', 'POST /users "no body"'],
  ['a body that a quote has broken', '{"name":"a"b"}', 'POST /users "not JSON: {\\"name\\":\\"a\\"b\\"}"'],
])('tells %s', (_, body, text) => {
  expect(requestText({ method: 'POST', path: '/users', body }, { alice: "o'brien" })).toBe(text);
});
