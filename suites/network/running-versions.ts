import type { Kubernetes } from '../../harness/platform/kubernetes/kubernetes.ts';

/**
 * The tag of the image that runs, by node: of the running container, not of the template that asked for it. A digest does not
 * tell a version, so an image without a tag is given as it is.
 */
export async function runningVersions(
  kubernetes: Kubernetes,
  { namespace, selector, container }: { namespace: string; selector: string; container: string },
): Promise<Map<string, string>> {
  const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector });
  return new Map(
    items.map(({ spec, status }) => {
      const image = status?.containerStatuses?.find(({ name }) => name === container)?.image ?? 'no container';
      return [spec?.nodeName ?? '', /:(v[^:/@]+)(?:@sha256:[0-9a-f]+)?$/.exec(image)?.[1] ?? image];
    }),
  );
}
