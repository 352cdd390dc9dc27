# shellcheck shell=sh
# Prints the IPv4 address of the pod's network card.
# POSIX shell; where there is no ip(8), busybox has ifconfig.
if command -v ip >/dev/null 2>&1; then
  ip -4 -o addr show eth0
else
  ifconfig eth0
fi
