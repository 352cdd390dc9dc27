#!/usr/bin/env bash
# provision-tenant.sh — provision an isolated tenant
# Guide: Canine, Step 8, Automate Tenant Provisioning; corrected for
#   E37  the API takes its key in X-API-Key; it is tried before anything is made
#   E38  the API makes no users and no namespaces: the namespace and its isolation are made directly
#   E84  a refusal ends the script with the server's answer; nothing is pasted into JSON
#   E86  names that give no tenant namespace are refused
#   E92  the namespace's name and label mark the tenant; his Canine projects go into it with "managed namespace" off
#   E93  the dashboard is for administrators: no address of it is handed to the tenant
# Usage: [CANINE_TOKEN=...] ./provision-tenant.sh alice alice@example.com "SecurePass!123"
set -euo pipefail

NAME="${1:?Usage: $0 <name> <email> <password>}"
EMAIL="${2:?Usage: $0 <name> <email> <password>}"
# E38: kept in the usage for whoever adds the user on the dashboard; no call takes it
: "${3:?Usage: $0 <name> <email> <password>}"

CANINE_URL="${CANINE_URL:-http://canine.29.talos.vaheed.net}"
# E37: the key that canine-onboarding.sh left, unless another one is given
if [[ -z "${CANINE_TOKEN:-}" && -r canine-api-key ]]; then
  CANINE_TOKEN=$(<canine-api-key)
fi
CANINE_TOKEN="${CANINE_TOKEN:?Set CANINE_TOKEN env var}"

NS="canine-$(echo "$NAME" | tr '[:upper:]' '[:lower:]')"
# E86
if [[ ! "$NS" =~ ^canine-[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]]; then
  echo "Refused: the name ${NAME@Q} must be letters, digits and hyphens" >&2
  exit 1
fi

echo "=== Provisioning tenant: $NAME ($EMAIL) ==="

# 1. The administrator's key must be good (E37, E84)
ADMIN=$(curl -sS --fail-with-body -H "X-API-Key: $CANINE_TOKEN" "$CANINE_URL/api/v1/me") || {
  STATUS=$?
  echo "Canine refused the key, or does not answer at $CANINE_URL: ${ADMIN:-no answer}" >&2
  exit "$STATUS"
}
echo "Canine account: $(jq -er '.current_account.slug' <<<"$ADMIN")"

# 2. The namespace (E38); an existing one is kept, one that another makes between look and creation, too
namespace_exists() {
  [[ -n "$(kubectl --kubeconfig=kubeconfig get namespace "$NS" --ignore-not-found -o name)" ]]
}
namespace_exists || kubectl --kubeconfig=kubeconfig create namespace "$NS" || namespace_exists
kubectl --kubeconfig=kubeconfig annotate namespace "$NS" --overwrite tenant-email="$EMAIL"

# 3. Apply Kubernetes isolation policies
NS="$NS" ./apply-tenant-isolation.sh

echo ""
echo "✅ Tenant provisioned:"
echo "   Email:     $EMAIL"
echo "   Namespace: $NS"
