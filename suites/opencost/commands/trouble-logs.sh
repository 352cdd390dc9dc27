#!/usr/bin/env bash
# Guide: OpenCost – No Data / Zero Costs; LABEL is the value in the guide, opencost.
kubectl --kubeconfig=kubeconfig logs -n opencost -l app.kubernetes.io/name="$LABEL" --tail=100
