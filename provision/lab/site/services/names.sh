#!/bin/sh
# The name server of the site.
exec >>/lab/site/names.log 2>&1
exec /opt/lab/coredns/coredns -conf /lab/site/Corefile
