/** The next thing to look at when a tenant reaches another one. */
export const whichPolicy = async (): Promise<string> =>
  'kubectl get networkpolicies -A -o yaml; kubectl get networkpolicies.projectcalico.org -A -o yaml: which policy admits the other tenant? Where all are right: kubectl get felixconfigurations default -o yaml (chainInsertMode), and iptables -S FORWARD on the node';
