#!/usr/bin/env bash
# canine-onboarding.sh — Canine's first user, and an API key for the scripts, without a browser
# Guide: Canine, Step 4 (adminEmail, adminPassword) and Step 7 (admin token); a script of the corrected profile alone, for
#   E36  the published chart has no values for the first user: the dashboard's first page makes it
#   E37  there is no bootstrap Secret: a key is made, and shown once, by the dashboard; it is kept in a Secret and in a file here
# The requests are those of the dashboard's own forms. A second run keeps a key that still works.
# Usage: CANINE_PASSWORD=... ./canine-onboarding.sh
set -euo pipefail

CANINE_URL="${CANINE_URL:-http://canine.29.talos.vaheed.net}"
CANINE_EMAIL="${CANINE_EMAIL:-admin@vaheed.net}"
CANINE_PASSWORD="${CANINE_PASSWORD:?Set CANINE_PASSWORD to the password of the first user}"
CANINE_ACCOUNT="${CANINE_ACCOUNT:-vaheed}"
NAMESPACE=canine
SECRET=canine-admin-api-key
# provision-tenant.sh reads it where CANINE_TOKEN is not set
KEY_FILE=canine-api-key
umask 077

JAR=$(mktemp)
trap 'rm -f "$JAR"' EXIT

# A page with the session's cookies; redirects followed; last line: the address that it ended at.
page() {
  curl -sS --fail-with-body --location --cookie "$JAR" --cookie-jar "$JAR" --write-out '\n%{url_effective}' "$@"
}

form_token() {
  sed -n 's/.*name="csrf-token" content="\([^"]*\)".*/\1/p' | head -n 1
}

kubectl() {
  command kubectl --kubeconfig=kubeconfig "$@"
}

KEY=$(kubectl get secret "$SECRET" -n "$NAMESPACE" --ignore-not-found -o jsonpath='{.data.key}' | base64 -d)
if [[ -n "$KEY" ]] && curl -sS --fail -o /dev/null -H "X-API-Key: $KEY" "$CANINE_URL/api/v1/me"; then
  printf '%s' "$KEY" > "$KEY_FILE"
  echo "Secret $NAMESPACE/$SECRET holds a key that works."
  exit 0
fi

# 1. Onboarding, or the log-in where somebody was onboarded before
FIRST=$(page --retry 30 --retry-delay 1 --retry-all-errors "$CANINE_URL/")
TOKEN=$(form_token <<<"$FIRST")
if [[ "$(tail -n 1 <<<"$FIRST")" == */users/sign_in ]]; then
  INSIDE=$(page "$CANINE_URL/users/sign_in" --data-urlencode "authenticity_token=$TOKEN" \
    --data-urlencode "user[email]=$CANINE_EMAIL" --data-urlencode "user[password]=$CANINE_PASSWORD")
else
  INSIDE=$(page "$CANINE_URL/local/onboarding" --data-urlencode "authenticity_token=$TOKEN" \
    --data-urlencode "onboarding_method=normal" --data-urlencode "account[name]=$CANINE_ACCOUNT" \
    --data-urlencode "user[email]=$CANINE_EMAIL" --data-urlencode "user[password]=$CANINE_PASSWORD" \
    --data-urlencode "connect_cluster=1" --data-urlencode "install_build_cloud=0" \
    --data-urlencode "packages[traefik-ingress][enabled]=0" --data-urlencode "packages[cert-manager][enabled]=0" \
    --data-urlencode "packages[metrics-server][enabled]=0" --data-urlencode "packages[telepresence][enabled]=0")
fi
if [[ "$(tail -n 1 <<<"$INSIDE")" =~ /(local/onboarding|users/sign_in)$ ]]; then
  echo "Canine did not let $CANINE_EMAIL in" >&2
  exit 1
fi

# 2. An API key; the list shows a new one in full, once
TOKEN=$(page "$CANINE_URL/api_tokens/new" | form_token)
TOKENS=$(page "$CANINE_URL/api_tokens" --data-urlencode "authenticity_token=$TOKEN" --data-urlencode "api_token[name]=provisioning")
KEY=$(grep -o 'data-clipboard-text="[0-9a-f]\{32\}"' <<<"$TOKENS" | head -n 1 | cut -d '"' -f 2)
curl -sS --fail-with-body -H "X-API-Key: $KEY" "$CANINE_URL/api/v1/me" | jq -er '"Canine: \(.email), account \(.current_account.slug)"'

# 3. Kept
printf '%s' "$KEY" > "$KEY_FILE"
printf '%s' "$KEY" | kubectl create secret generic "$SECRET" -n "$NAMESPACE" --from-file=key=/dev/stdin --dry-run=client -o yaml \
  | kubectl apply -f -
