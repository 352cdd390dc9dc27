#!/bin/sh
# TLS and the name of Let's Encrypt before the ACME server (OPT-1).
exec >>/lab/site/acme.log 2>&1
exec haproxy -db -f /lab/site/acme/haproxy.cfg
