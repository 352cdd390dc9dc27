#!/usr/bin/env bash
# provision-tenant.sh — provision an isolated Canine tenant
# Usage: ./provision-tenant.sh alice alice@example.com "SecurePass!123"
set -euo pipefail

NAME="${1:?Usage: $0 <name> <email> <password>}"
EMAIL="${2:?}"
PASSWORD="${3:?}"

CANINE_URL="http://canine.29.talos.vaheed.net"
CANINE_TOKEN="${CANINE_TOKEN:?Set CANINE_TOKEN env var}"

echo "=== Provisioning tenant: $NAME ($EMAIL) ==="

# 1. Create user via Canine API
RESPONSE=$(curl -s -X POST \
  -H "Authorization: Bearer $CANINE_TOKEN" \
  -H "Content-Type: application/json" \
  -d "{\"name\":\"$NAME\",\"email\":\"$EMAIL\",\"password\":\"$PASSWORD\"}" \
  $CANINE_URL/api/v1/users)

USER_ID=$(echo "$RESPONSE" | jq -r '.id')
NS=$(echo "$RESPONSE" | jq -r '.namespace // "canine-'"$(echo $NAME | tr '[:upper:]' '[:lower:]')"'"')

echo "User created: ID=$USER_ID, Namespace=$NS"

# 2. Wait for Canine to create the namespace
echo "Waiting for namespace $NS..."
for i in $(seq 1 30); do
  kubectl --kubeconfig=kubeconfig get namespace "$NS" &>/dev/null && break
  sleep 2
done

# 3. Apply Kubernetes isolation policies
NS="$NS" ./apply-tenant-isolation.sh

echo ""
echo "✅ Tenant provisioned:"
echo "   User ID:   $USER_ID"
echo "   Email:     $EMAIL"
echo "   Namespace: $NS"
echo "   Dashboard: $CANINE_URL"
