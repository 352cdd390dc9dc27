module components/cert-manager

go 1.24.0

tool (
	github.com/cert-manager/cert-manager/cmd/acmesolver
	github.com/cert-manager/cert-manager/cmd/cainjector
	github.com/cert-manager/cert-manager/cmd/controller
	github.com/cert-manager/cert-manager/cmd/webhook
)

require github.com/cert-manager/cert-manager v1.11.5
