#!/usr/bin/env bash
# Guide: Complete Cluster Health Check, 13; corrected for
#   E73  the code is printed, and the exit status tells
curl -sf --max-time 5 -o /dev/null -w '%{http_code}\n' http://192.168.29.102:9003/healthz
