package main

import (
	"context"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal"
	_ "github.com/elbo-go/elbo/mixture"
	_ "github.com/elbo-go/elbo/topic"
)

func main() {
	beam.Init()
	p, _ := beam.NewPipelineWithRoot()
	_, err := beam.Run(context.Background(), os.Args[1], p)
	if err != nil {
		panic(err)
	}
}
