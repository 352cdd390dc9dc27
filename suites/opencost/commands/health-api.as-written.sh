# Guide: Complete Cluster Health Check, 13.
curl -s http://192.168.29.102:9003/healthz
