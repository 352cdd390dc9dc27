import { expect, it } from 'vitest';
import { credentialsIn } from './credentials.ts';

const text = '[other]\naws_access_key_id=no\naws_secret_access_key=no\n[default]\naws_access_key_id = id\naws_secret_access_key=se=cret\n';

it('credentials are those of the profile', () => {
  expect(credentialsIn(text, 'default')).toEqual({ accessKey: 'id', secretKey: 'se=cret' });
});

it("credentials as the guide's `helm --set` writes them, with n for a line's end, are none (erratum E48)", () => {
  expect(() => credentialsIn('[default]naws_access_key_id=a naws_secret_access_key=b', 'default')).toThrow(
    'no aws_access_key_id of profile default',
  );
});
