# shellcheck shell=sh
# Sends a payload to agnhost's echo and compares the answer, then asks who was seen.
#
#   SEED DOUBLINGS SECONDS URL    the payload is SEED, doubled so often
#
# First line: `same BYTES`, or `other: ` and the beginning of the answer. Second line: the source address and port.
# POSIX shell. In variables: a pod sends to several others at the same time, and files would be shared between them.
payload=$1
doublings=$2
seconds=$3
url=$4

while [ "$doublings" -gt 0 ]; do
  payload=$payload$payload
  doublings=$((doublings - 1))
done
answer=$(printf 'msg=%s' "$payload" | curl -s -S -m "$seconds" --data-binary @- "$url/echo" 2>&1)
if [ "$answer" = "$payload" ]; then
  echo "same ${#answer}"
else
  printf 'other: %.120s\n' "$answer" | head -n 1
fi
curl -s -m "$seconds" "$url/clientip"
