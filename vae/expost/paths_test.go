package expost

import (
	"testing"

	"github.com/elbo-go/elbo/internal/testkit/zoo"
)

// The parameters of small models of rows of a table, by which stored runs are opened.
var tablePaths = map[string]string{
	"rae-l2": `
encoder/hidden0/weight [5 6]
encoder/hidden0/bias [6]
encoder/hidden1/weight [6 5]
encoder/hidden1/bias [5]
encoder/mean/weight [5 2]
encoder/mean/bias [2]
decoder/hidden0/weight [2 5]
decoder/hidden0/bias [5]
decoder/hidden1/weight [5 6]
decoder/hidden1/bias [6]
decoder/out/weight [6 5]
decoder/out/bias [5]
`,
	"rae-gp": `
encoder/hidden0/weight [5 6]
encoder/hidden0/bias [6]
encoder/hidden1/weight [6 5]
encoder/hidden1/bias [5]
encoder/mean/weight [5 2]
encoder/mean/bias [2]
decoder/hidden0/weight [2 5]
decoder/hidden0/bias [5]
decoder/hidden1/weight [5 6]
decoder/hidden1/bias [6]
decoder/out/weight [6 5]
decoder/out/bias [5]
`,
	"two-stage-vae": `
encoder/hidden0/weight [5 6]
encoder/hidden0/bias [6]
encoder/hidden1/weight [6 5]
encoder/hidden1/bias [5]
encoder/logvar/weight [5 2]
encoder/logvar/bias [2]
encoder/mean/weight [5 2]
encoder/mean/bias [2]
decoder/hidden0/weight [2 5]
decoder/hidden0/bias [5]
decoder/hidden1/weight [5 6]
decoder/hidden1/bias [6]
decoder/out/weight [6 5]
decoder/out/bias [5]
decoder/logscale
second/encoder/hidden0/weight [2 3]
second/encoder/hidden0/bias [3]
second/encoder/logvar/weight [3 2]
second/encoder/logvar/bias [2]
second/encoder/mean/weight [3 2]
second/encoder/mean/bias [2]
second/decoder/hidden0/weight [2 3]
second/decoder/hidden0/bias [3]
second/decoder/out/weight [3 2]
second/decoder/out/bias [2]
second/decoder/logscale
`,
}

// Those of models of images, with a net of convolutions.
var imagePaths = map[string]string{
	"rae-l2": `
encoder/conv0/weight [4 4 1 2]
encoder/conv0/bias [2]
encoder/hidden0/weight [32 5]
encoder/hidden0/bias [5]
encoder/mean/weight [5 2]
encoder/mean/bias [2]
decoder/hidden0/weight [2 5]
decoder/hidden0/bias [5]
decoder/spread/weight [5 32]
decoder/spread/bias [32]
decoder/conv0/weight [4 4 2 1]
decoder/conv0/bias [1]
`,
	"two-stage-vae": `
encoder/conv0/weight [4 4 1 2]
encoder/conv0/bias [2]
encoder/hidden0/weight [32 5]
encoder/hidden0/bias [5]
encoder/logvar/weight [5 2]
encoder/logvar/bias [2]
encoder/mean/weight [5 2]
encoder/mean/bias [2]
decoder/hidden0/weight [2 5]
decoder/hidden0/bias [5]
decoder/spread/weight [5 32]
decoder/spread/bias [32]
decoder/conv0/weight [4 4 2 1]
decoder/conv0/bias [1]
decoder/logscale
second/encoder/hidden0/weight [2 3]
second/encoder/hidden0/bias [3]
second/encoder/logvar/weight [3 2]
second/encoder/logvar/bias [2]
second/encoder/mean/weight [3 2]
second/encoder/mean/bias [2]
second/decoder/hidden0/weight [2 3]
second/decoder/hidden0/bias [3]
second/decoder/out/weight [3 2]
second/decoder/out/bias [2]
second/decoder/logscale
`,
}

func TestParametersHaveTheNamesOfStoredRuns(t *testing.T) {
	zoo.HavePaths(t, false, tablePaths)
	zoo.HavePaths(t, true, imagePaths)
}
