package regularised

import (
	"testing"

	"github.com/elbo-go/elbo/internal/testkit/zoo"
)

// The parameters of small models of rows of a table, by which stored runs are opened.
var tablePaths = map[string]string{
	"beta-tcvae": `
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
`,
	"dip-vae": `
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
`,
	"info-vae": `
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
`,
	"wae-mmd": `
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
}

// Those of models of images, with a net of convolutions.
var imagePaths = map[string]string{
	"wae-mmd": `
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
}

func TestParametersHaveTheNamesOfStoredRuns(t *testing.T) {
	zoo.HavePaths(t, false, tablePaths)
	zoo.HavePaths(t, true, imagePaths)
}
