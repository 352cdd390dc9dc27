#!/usr/bin/env bash
# What somebody does at Canine's dashboard for an app: a project of a public image in a namespace that is there already, with
# one web service of the project's name, deployed; and the removal of the project. Canine's REST API makes no projects.
# The requests are those of the dashboard's own forms (CanineHQ/canine: config/routes.rb, app/views/projects).
# In the guide's reader's folder: canine-project.sh URL EMAIL enter | create NAME NAMESPACE IMAGE PORT | delete NAME
# Ends with curl's own exit code where Canine does not answer (curl(1), EXIT CODES).
set -euo pipefail

CANINE_URL=$1
EMAIL=$2
shift 2
# Guide, Step 4: the first user's password is a value of the chart; corrected (E36) the reader has it in a file.
if [[ -r canine-password ]]; then
  PASSWORD=$(<canine-password)
else
  PASSWORD=$(sed -n 's/^adminPassword: "\(.*\)"$/\1/p' canine-values.yaml)
fi
umask 077
JAR=$(mktemp)
trap 'rm -f "$JAR"' EXIT

request() {
  curl -q -sS --max-time 20 --cookie "$JAR" --cookie-jar "$JAR" "$@"
}

form_token() {
  sed -n 's/.*name="csrf-token" content="\([^"]*\)".*/\1/p' | head -n 1
}

enter() {
  TOKEN=$(request --location "$CANINE_URL/users/sign_in" | form_token)
  local ended
  ended=$(printf '%s' "$PASSWORD" | request --location --output /dev/null --write-out '%{url_effective}' "$CANINE_URL/users/sign_in" \
    --data-urlencode "authenticity_token=$TOKEN" --data-urlencode "user[email]=$EMAIL" --data-urlencode "user[password]@-")
  if [[ "$ended" == */users/sign_in ]]; then
    echo "Canine does not let $EMAIL in" >&2
    exit 1
  fi
  TOKEN=$(request "$CANINE_URL/api_tokens/new" | form_token)
}

# The number of a project of this name, or nothing
number_of() {
  request --fail-with-body -H 'Accept: application/json' "$CANINE_URL/projects" | jq -r --arg name "$1" '.[] | select(.name == $name) | .id'
}

create() {
  local name=$1 namespace=$2 image=$3 port=$4 cluster made id
  cluster=$(request --fail-with-body -H 'Accept: application/json' "$CANINE_URL/clusters" | jq -er '.[0].id')
  made=$(request --fail-with-body -H 'Accept: application/json' "$CANINE_URL/projects" --data-urlencode "authenticity_token=$TOKEN" \
    --data-urlencode "project[name]=$name" --data-urlencode "project[namespace]=$namespace" --data-urlencode "project[managed_namespace]=0" \
    --data-urlencode "project[cluster_id]=$cluster" --data-urlencode "project[public_image_url]=$image") || {
    local status=$?
    echo "Canine makes no project $name: $made" >&2
    exit "$status"
  }
  id=$(jq -er '.id' <<<"$made")
  request --fail-with-body --output /dev/null "$CANINE_URL/projects/$id/services" --data-urlencode "authenticity_token=$TOKEN" \
    --data-urlencode "service[name]=$name" --data-urlencode "service[service_type]=web_service" \
    --data-urlencode "service[container_port]=$port" --data-urlencode "service[replicas]=1"
  request --fail-with-body --output /dev/null -H 'Accept: application/json' "$CANINE_URL/projects/$id/deployments/deploy" --data-urlencode "authenticity_token=$TOKEN"
}

delete() {
  local id
  id=$(number_of "$1")
  if [[ -z "$id" ]]; then return; fi
  request --fail-with-body --output /dev/null -X DELETE -H 'Accept: application/json' -H "X-CSRF-Token: $TOKEN" "$CANINE_URL/projects/$id"
  # What it deployed is taken away by a job.
  for _ in $(seq 1 60); do
    if [[ -z "$(number_of "$1")" ]]; then return; fi
    sleep 0.5
  done
  echo "project $1 is still there" >&2
  exit 1
}

enter
case "$1" in
  create) create "$2" "$3" "$4" "$5" ;;
  delete) delete "$2" ;;
esac
