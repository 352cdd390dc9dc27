import { expect, it } from 'vitest';
import { probedVersions } from './versions.ts';

it.each<{ what: string; images: string[]; versions: Record<string, string> }>([
  { what: 'an official image', images: ['docker.io/calico/node:v3.28.5'], versions: { calico: 'v3.28.5' } },
  { what: 'an image without a registry', images: ['calico/node:v3.30.5'], versions: { calico: 'v3.30.5' } },
  { what: 'a mirror with a port', images: ['mirror:5000/quay.io/metallb/controller:v0.14.9'], versions: { metallb: 'v0.14.9' } },
  { what: 'a mirror with a port and no tag', images: ['mirror:5000/metallb/controller'], versions: { metallb: 'latest' } },
  { what: 'a tag and a digest', images: ['ghcr.io/opencost/opencost:1.120.0@sha256:00ff'], versions: { opencost: '1.120.0' } },
  { what: 'a digest alone', images: ['ghcr.io/opencost/opencost@sha256:00ff'], versions: { opencost: 'sha256:00ff' } },
  {
    what: 'an upgrade under way',
    images: ['calico/node:v3.30.5', 'calico/node:v3.28.5', 'calico/node:v3.28.5'],
    versions: { calico: 'v3.28.5, v3.30.5' },
  },
  {
    what: 'a product of several images',
    images: ['quay.io/prometheus/prometheus:v3.16.0', 'quay.io/prometheus/node-exporter:v1.9.1'],
    versions: { prometheus: 'prometheus v3.16.0, node-exporter v1.9.1' },
  },
  { what: 'an image that only ends alike', images: ['notcalico/node:v1', 'ghcr.io/opencost/opencost-ui:1.120.0'], versions: {} },
  { what: 'nothing', images: [], versions: {} },
])('the versions are read from $what', ({ images, versions }) => {
  expect(probedVersions(images)).toEqual(versions);
});
