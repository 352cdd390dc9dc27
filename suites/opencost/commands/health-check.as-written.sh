# Guide: Complete Cluster Health Check.
echo "=== CLUSTER HEALTH CHECK ==="

echo -e "\n1. Nodes (verify static hostnames cp01/cp02/w01/w02/w03):"
kubectl --kubeconfig=kubeconfig get nodes -o wide

echo -e "\n2. Non-running pods:"
kubectl --kubeconfig=kubeconfig get pods -A | grep -v Running | grep -v Completed

echo -e "\n3. Storage Classes:"
kubectl --kubeconfig=kubeconfig get storageclass

echo -e "\n4. MetalLB Pools:"
kubectl --kubeconfig=kubeconfig get ipaddresspool -n metallb-system

echo -e "\n5. Longhorn:"
kubectl --kubeconfig=kubeconfig get pods -n longhorn-system | grep -v Running | head -5

echo -e "\n6. Canine:"
kubectl --kubeconfig=kubeconfig get pods -n canine
kubectl --kubeconfig=kubeconfig get svc -n canine

echo -e "\n7. Prometheus:"
kubectl --kubeconfig=kubeconfig get pods -n prometheus-system | grep -v Running | head -5

echo -e "\n8. OpenCost:"
kubectl --kubeconfig=kubeconfig get pods -n opencost

echo -e "\n9. LoadBalancer Services:"
kubectl --kubeconfig=kubeconfig get svc -A --field-selector spec.type=LoadBalancer

echo -e "\n10. Node Resources:"
kubectl --kubeconfig=kubeconfig top nodes

echo -e "\n11. GlobalNetworkPolicies:"
kubectl --kubeconfig=kubeconfig get globalnetworkpolicy

echo -e "\n12. VIP:"
ping -c 2 192.168.29.10

echo -e "\n13. OpenCost API health:"
curl -s http://192.168.29.102:9003/healthz
