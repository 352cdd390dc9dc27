#!/usr/bin/env bash
# Guide: Complete Cluster Health Check, 9; corrected for
#   E99  the API selects Services by name and namespace alone
kubectl --kubeconfig=kubeconfig get svc -A | grep LoadBalancer
