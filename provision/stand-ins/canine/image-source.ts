/** How Canine splits a public image's reference: registry host, repository, tag (kept as the project's branch). */
export interface ImageSource {
  readonly repository_base_url: string;
  readonly repository_url: string;
  readonly branch: string;
}

export function imageSource(reference: string): ImageSource {
  const colon = reference.lastIndexOf(':');
  const tagged = colon > 0 && !reference.slice(colon).includes('/');
  const image = (tagged ? reference.slice(0, colon) : reference).trim().toLowerCase();
  const branch = tagged ? reference.slice(colon + 1).trim() : 'latest';
  const [host = '', ...rest] = image.split('/');
  if (/[.:]/.test(host)) return { repository_base_url: host, repository_url: rest.join('/'), branch };
  return { repository_base_url: 'docker.io', repository_url: image, branch };
}

export function imageReference(source: ImageSource): string {
  return `${source.repository_base_url}/${source.repository_url}:${source.branch}`;
}
