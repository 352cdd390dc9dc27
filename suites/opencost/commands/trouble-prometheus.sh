#!/usr/bin/env bash
# Guide: OpenCost – No Data / Zero Costs, Prometheus from OpenCost's pod; HOST is the name in the guide. The guide takes the first pod
# of the namespace: the label leaves out those of a run.
kubectl --kubeconfig=kubeconfig exec -n opencost \
  "$(kubectl --kubeconfig=kubeconfig get pod -n opencost -l app.kubernetes.io/name=opencost -o jsonpath='{.items[0].metadata.name}')" \
  -- wget -qO- \
  "http://$HOST/api/v1/query?query=up" \
  | head -c 200
