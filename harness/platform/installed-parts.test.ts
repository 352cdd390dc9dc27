import { describe, expect, it, vi } from 'vitest';
import { partsInstalled } from './installed-parts.ts';
import type { Kubernetes } from './kubernetes/kubernetes.ts';

const signal = new AbortController().signal;

describe('partsInstalled', () => {
  const withCalico = { status: 200, message: '', body: { groups: [{ name: 'apps' }, { name: 'crd.projectcalico.org' }] } };

  it('lets through what needs parts whose groups the API serves, or nothing that has one', async () => {
    const required = partsInstalled({ request: vi.fn<Kubernetes['request']>().mockResolvedValue(withCalico) });
    await expect(required(['kubernetes', 'calico'], signal)).resolves.toBeUndefined();
  });

  it('names the group of a part that is not there', async () => {
    const required = partsInstalled({ request: vi.fn<Kubernetes['request']>().mockResolvedValue(withCalico) });
    await expect(required(['calico', 'metallb'], signal)).rejects.toThrow('no group metallb.io');
  });

  it('asks the API once', async () => {
    const request = vi.fn<Kubernetes['request']>().mockResolvedValue(withCalico);
    const required = partsInstalled({ request });
    await Promise.all([required(['calico'], signal), required(['kubernetes'], signal)]);
    expect(request).toHaveBeenCalledTimes(1);
  });

  it('lets everything through when the API does not tell', async () => {
    const required = partsInstalled({ request: vi.fn<Kubernetes['request']>().mockRejectedValue(new Error('no answer')) });
    await expect(required(['metallb'], signal)).resolves.toBeUndefined();
  });
});
