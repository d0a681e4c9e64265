module github.com/elbo-go/elbo/cpu/internal/avo

go 1.26.5

require github.com/mmcloughlin/avo v0.6.0

require golang.org/x/tools v0.44.0 // indirect

require (
	golang.org/x/mod v0.35.0 // indirect
	golang.org/x/sync v0.20.0 // indirect
)
