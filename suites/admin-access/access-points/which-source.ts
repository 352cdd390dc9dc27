/** The next step of a reader whose stranger got through. */
export async function whichSource(): Promise<string> {
  return 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which rule admits the source that got through?';
}
