# Prints NAME=ADDRESS for each name as the node's own resolver has it; nothing after the sign where it has none.
#
#   NAME...
#
# POSIX shell. A node knows itself by a loopback entry too, which comes second.
for name in "$@"; do
  echo "$name=$(getent ahostsv4 "$name" | awk '$1 !~ /^127[.]/ {print $1; exit}')"
done
