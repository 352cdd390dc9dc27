import { describe, expect, it } from 'vitest';
import { ruleTexts } from './global-policies.ts';

describe('the rules of a policy in words', () => {
  it('have their direction', () => {
    expect(ruleTexts({ ingress: [{ action: 'Allow' }], egress: [{ action: 'Allow' }] })).toEqual(['ingress Allow', 'egress Allow']);
  });

  it('name networks in one order, and ports', () => {
    const destination = { nets: ['192.168.29.11/32', '192.168.29.10/32'], ports: [6443] };
    expect(ruleTexts({ ingress: [{ action: 'Deny', protocol: 'TCP', source: {}, destination }] })).toEqual([
      'ingress Deny TCP to 192.168.29.10/32, 192.168.29.11/32 port 6443',
    ]);
  });

  it.each([
    [{ source: { serviceAccounts: { names: ['a'] } } }, 'ingress Deny from service accounts {"names":["a"]}'],
    [{ destination: { services: { name: 'web', namespace: 'canine' } } }, 'ingress Deny to services {"name":"web","namespace":"canine"}'],
  ])('tell whom alone they mean: %j', (rule, text) => {
    expect(ruleTexts({ ingress: [{ action: 'Deny', ...rule }] })).toEqual([text]);
  });

  it.each([
    [{ notProtocol: 'UDP' }, 'ingress Deny but UDP'],
    [{ source: { notNets: ['10.0.0.0/8'] } }, 'ingress Deny from but 10.0.0.0/8'],
    [{ source: { notSelector: 'all()' } }, 'ingress Deny from but pods all()'],
    [{ destination: { notPorts: [22] } }, 'ingress Deny to but port 22'],
  ])('tell what they leave out: %j', (rule, text) => {
    expect(ruleTexts({ ingress: [{ action: 'Deny', ...rule }] })).toEqual([text]);
  });
});
