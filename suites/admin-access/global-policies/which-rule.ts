/** The next step of a reader whose source was admitted, or denied, by the wrong rule. */
export async function whichRule(): Promise<string> {
  return 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: by which order and rule is this source admitted, or denied?';
}
