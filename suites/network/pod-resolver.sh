# shellcheck shell=sh
# Prints the IPv4 addresses of a name as a program in this pod gets them: by its resolver, its search list and its ndots.
# Then the resolver's configuration.
#
#   NAME SECONDS
#
# POSIX shell, dig.
name=$1
seconds=$2
dig -r +search +short "+time=$seconds" +tries=1 "$name" A
cat /etc/resolv.conf
