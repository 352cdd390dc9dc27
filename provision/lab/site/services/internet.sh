#!/bin/sh
# The web server of the host `internet`.
exec >>/lab/site/internet.log 2>&1
exec ip netns exec internet /opt/lab/kubernetes/agnhost netexec --http-port=80 --udp-port=-1
