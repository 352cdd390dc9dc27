#!/bin/sh
# The ACME server (OPT-1), without the faults and waits that it has for the tests of clients.
exec >>/lab/site/acme.log 2>&1
exec env GOMAXPROCS=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_VA_NOSLEEP=1 \
  /opt/lab/pebble/pebble -config /lab/site/acme/pebble.json -dnsserver 203.0.113.1:53
