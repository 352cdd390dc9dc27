#!/bin/sh
# The mirror of a registry, named by the service's folder: mirror-REGISTRY. It traces nothing to anybody, and pulls are rare.
registry=${PWD##*/mirror-}
exec >>"/lab/site/mirrors/$registry.log" 2>&1
exec env OTEL_TRACES_EXPORTER=none GOMAXPROCS=1 GOGC=50 /opt/lab/distribution/registry serve "/lab/site/mirrors/$registry.yaml"
