/** The tag of an image's reference; the reference itself where it has none, for a digest tells no version. */
export function tagOf(image: string): string {
  return /:([^:/@]+)(?:@sha256:[0-9a-f]+)?$/.exec(image.startsWith('sha256:') ? '' : image)?.[1] ?? image;
}
