import { describe, expect, it } from 'vitest';
import { isStillStarting } from './still-starting.ts';

const connectionRefused =
  'Error from server (InternalError): Internal error occurred: failed calling webhook "x.metallb.io": failed to call webhook: Post "https://webhook.svc": dial tcp 10.96.0.7:443: connect: connection refused';
const overlap =
  'Error from server: error when creating "STDIN": admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: CIDR "192.168.29.100-192.168.29.109" in pool "admin-pool" overlaps with already defined CIDR "192.168.29.100-192.168.29.199"\n';

describe('kubectl says that an API is still starting', () => {
  it.each([
    ['a refused connection', 'Unable to connect to the server: dial tcp 192.168.29.10:6443: connect: connection refused'],
    [
      "a refused connection in kubectl's own words",
      'The connection to the server 29.talos.vaheed.net:6443 was refused - did you specify the right host or port?',
    ],
    ['a handshake without an answer', 'Unable to connect to the server: net/http: TLS handshake timeout'],
    [
      'a kind that is not there yet',
      'error: resource mapping not found for name: "default-pool" namespace: "metallb-system" from "STDIN": no matches for kind "IPAddressPool" in version "metallb.io/v1beta1"\nensure CRDs are installed first',
    ],
    ['a resource type that is not there yet', 'error: the server doesn\'t have a resource type "ipaddresspool"'],
    ['an aggregated API without endpoints', 'Error from server (ServiceUnavailable): the server is currently unable to handle the request'],
    ['a webhook that refuses connections', connectionRefused],
    [
      'a webhook without endpoints',
      'Error from server (InternalError): Internal error occurred: failed calling webhook "l2advertisementvalidationwebhook.metallb.io": failed to call webhook: Post "https://metallb-webhook-service.metallb-system.svc:443/validate?timeout=10s": no endpoints available for service "metallb-webhook-service"',
    ],
    [
      'a webhook without its certificate',
      'Internal error occurred: failed calling webhook "x": failed to call webhook: Post "https://x.svc": x509: certificate signed by unknown authority',
    ],
    [
      'a webhook that does not answer in time',
      'Error from server (InternalError): Internal error occurred: failed calling webhook "x": failed to call webhook: Post "https://x.svc": context deadline exceeded',
    ],
    ['a connection that is cut off', 'Unable to connect to the server: EOF'],
    ['an etcd whose leader changes', 'Error from server: etcdserver: request timed out, possibly due to previous leader failure'],
    ['no route to the API', 'Unable to connect to the server: dial tcp 192.168.29.10:6443: connect: no route to host'],
  ])('by %s', (_, stderr) => {
    expect(isStillStarting(stderr)).toBe(true);
  });
});

describe('kubectl says that an API refuses', () => {
  it.each([
    ['a webhook that denies', overlap],
    [
      'pod security',
      'Error from server (Forbidden): error when creating "STDIN": pods "web" is forbidden: violates PodSecurity "baseline:latest": privileged',
    ],
    [
      'missing rights',
      'Error from server (Forbidden): namespaces is forbidden: User "bob" cannot create resource "namespaces" in API group "" at the cluster scope',
    ],
    ['an object that is there', 'Error from server (AlreadyExists): namespaces "canine" already exists'],
    ['a namespace that is not there', 'Error from server (NotFound): error when creating "STDIN": namespaces "canine" not found'],
    ['an invalid field', 'The Service "web" is invalid: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [
      'an unknown field',
      'Error from server (BadRequest): error when creating "STDIN": Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.prots"',
    ],
    ['a conflict', 'Error from server (Conflict): Operation cannot be fulfilled on deployments.apps "web": the object has been modified'],
    ['missing credentials', 'error: You must be logged in to the server (Unauthorized)'],
    ['nothing', ''],
  ])('by %s', (_, stderr) => {
    expect(isStillStarting(stderr)).toBe(false);
  });
});
