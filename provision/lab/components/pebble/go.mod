module components/pebble

go 1.24.0

tool github.com/letsencrypt/pebble/v2/cmd/pebble

require github.com/letsencrypt/pebble/v2 v2.8.0
