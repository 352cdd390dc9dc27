#!/bin/sh
# Calls MachineService/Version of Talos's API (gRPC over HTTP/2) from here, at all endpoints at the same time.
# Arguments: endpoints, each ADDRESS:PORT. Standard input: three lines, each base64: authority, certificate and key of the caller.
# Output: a line for each endpoint: the endpoint, curl's exit code, and the body of the answer in base64.
# A node's certificate must be of that authority and for that address, so an answer is from the named node.
set -eu
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for part in authority certificate key; do
  IFS= read -r line
  printf '%s' "$line" | base64 -d >"$folder/$part"
done
for endpoint in "$@"; do
  {
    code=0
    # A message of no bytes: not compressed, length 0 (gRPC over HTTP/2, Length-Prefixed-Message).
    printf '\000\000\000\000\000' |
      curl --silent --http2 --noproxy '*' --connect-timeout 3 --max-time 10 \
        --cacert "$folder/authority" --cert "$folder/certificate" --key "$folder/key" \
        --header 'content-type: application/grpc' --header 'te: trailers' --data-binary @- \
        --output "$folder/$endpoint" "https://$endpoint/machine.MachineService/Version" || code=$?
    touch "$folder/$endpoint"
    printf '%s %s %s\n' "$endpoint" "$code" "$(base64 <"$folder/$endpoint" | tr -d '\n')"
  } &
done
wait
