import { describe, expect, it } from 'vitest';
import { presigned, sha256, signedHeaders } from './signature.ts';

/** The examples of AWS's documentation: "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using Query Parameters". */
const identity = { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', region: 'us-east-1' };
const at = new Date('2013-05-24T00:00:00Z');
const nothing = sha256('');

describe('the signature', () => {
  it.each([
    ['the lifecycle of a bucket', '/?lifecycle=', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    ['the objects of a bucket', '/?max-keys=2&prefix=J', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  ])('of a request for %s is that of the documentation', (_, path, signature) => {
    const url = new URL(path, 'https://examplebucket.s3.amazonaws.com');
    const { authorization } = signedHeaders(identity, { method: 'GET', url, payload: nothing }, at);
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
    );
  });

  it('of a URL is that of the documentation', () => {
    const url = presigned(identity, new URL('https://examplebucket.s3.amazonaws.com/test.txt'), { seconds: 86_400, at });
    expect(url.searchParams.get('X-Amz-Signature')).toBe('aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404');
  });
});
