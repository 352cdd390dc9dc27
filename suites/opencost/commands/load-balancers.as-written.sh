# Guide: Complete Cluster Health Check, 9.
kubectl --kubeconfig=kubeconfig get svc -A --field-selector spec.type=LoadBalancer
