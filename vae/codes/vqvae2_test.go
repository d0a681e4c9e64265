package codes

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// meanLogLik returns ln p(x|z), mean over rows, of codes N×L.
func meanLogLik(t *testing.T, n *vae.Network, x, z []float32) float64 {
	t.Helper()
	prog := model.NewProgram(n.Params, "likelihood", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{g.ReduceAllMean(g.ReduceSum(n.Model.(vae.Decoder).Decode(s, vae.Code{Z: in[1]}).LogProb(in[0]), -1))}
	})
	rows := len(x) / n.Config.Dim
	return tk.Values(t, prog, rng.New(1), model.Tensor(dtypes.Float64, x, rows, n.Config.Dim), model.Tensor(dtypes.Float64, z, rows, n.Config.Latent))[0][0]
}

// exchangedCodes gives every row the numbers from first to end of the next one.
func exchangedCodes(z []float32, l, first, end int) []float32 {
	out := slices.Clone(z)
	for i := 0; i < len(z); i += l {
		copy(out[i+first:i+end], z[(i+l)%len(z)+first:])
	}
	return out
}

// Images of 16×12 have a fine map of 4×3 and a coarse one of 2×1. After 80 steps on 24 rows codes of
// other rows cost, whichever map they are of, and more of both. The coarse map alone counts half: counted
// whole it has nearly all that these few rows differ by.
func TestBothMapsOfCodesCarryTheImage(t *testing.T) {
	c := zoo.Pictures("vq", 16, 12)
	spec, _ := vae.Lookup("vq-vae-2")
	c.Channels, c.Depth, c.Rows, c.Options = []int{4, 8}, 1, 24, spec.Small()
	c.Options["codes"], c.Options["code-dim"], c.Options["code-prior"], c.Options["coarse-weight"] = "32", "4", "uniform", "0.5"
	n := zoo.Network(t, "vq-vae-2", c, dtypes.Float64)
	if got := n.CodeMaps(); !slices.Equal(got, []vae.CodeMap{{Height: 2, Width: 1, Depth: 1, Values: 32}, {Height: 4, Width: 3, Depth: 1, Values: 32}}) || n.Config.Latent != 14 {
		t.Fatalf("got maps %v and latent size %d", got, n.Config.Latent)
	}
	x := patterned(24, 192)
	if err := n.Config.Stages()[0].Start(t.Context(), n, x, rng.New(1)); err != nil {
		t.Fatal(err)
	}
	step := codeStep(n, 0)
	in := model.Tensor(dtypes.Float64, x, 24, 192)
	for i := range 80 {
		corrected, correct := .005/(1-pow(.9, i+1)), 1/(1-pow(.999, i+1))
		tk.Values(t, step, rng.New(2).At(uint64(i)), in, model.Scalar(dtypes.Float64, corrected), model.Scalar(dtypes.Float64, correct), model.Scalar(dtypes.Float64, 1))
	}
	z := must2(t)(n.Encode(t.Context(), x))
	own := meanLogLik(t, n, x, z)
	top, bottom, both := meanLogLik(t, n, x, exchangedCodes(z, 14, 0, 2)), meanLogLik(t, n, x, exchangedCodes(z, 14, 2, 14)), meanLogLik(t, n, x, exchangedCodes(z, 14, 0, 14))
	t.Logf("ln p(x|z) %.1f; with other rows' coarse codes %.1f, fine %.1f, both %.1f", own, top, bottom, both)
	if !(own > top+1 && own > bottom+1 && both < min(top, bottom)) {
		t.Errorf("ln p(x|z): got %.1f, with other coarse codes %.1f, fine %.1f, both %.1f, want each to cost", own, top, bottom, both)
	}
	rec := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{}).Record(t.Context(), x, rng.New(1), 1))
	tk.Close(t, "the bound's ln p(x|z)", rec.Reconstruction, own, 1e-6)
}

// pow is b to the power of n.
func pow(b float64, n int) float64 {
	out := 1.
	for range n {
		out *= b
	}
	return out
}

// must2 unwraps the codes of rows.
func must2(t *testing.T) func(z, _ []float32, err error) []float32 {
	return func(z, _ []float32, err error) []float32 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
}

// The figures, routes and moments are told apart by level, and no codebook is the optimizer's.
func TestLevelsOfCodesAreToldApart(t *testing.T) {
	n := zoo.Network(t, "vq-vae-2", ofMaps("vq-vae-2", nil), dtypes.Float64)
	var names []string
	prog := model.NewProgram(n.Params, "terms", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := n.Model.Terms(s, at(n.Batch(in[0], nil), 0), vi.Estimator{})
		for _, f := range terms.Figures {
			names = append(names, f.Name)
		}
		for _, r := range terms.Routes {
			names = append(names, r.Scope)
		}
		return []*g.Node{terms.LogLik}
	}).Training()
	tk.Values(t, prog, rng.New(1), model.Tensor(dtypes.Float64, zoo.Uniform(2*96), 2, 96))
	want := []string{"top: codes in use, %", "top: perplexity of codes", "top: code loss", "bottom: codes in use, %", "bottom: perplexity of codes", "bottom: code loss",
		"reconstruction from the coarse map alone",
		"quantiser/top/group0_level0/codes", "quantiser/bottom/group0_level0/codes"}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

// p(x|t) is the decoder's distribution where the fine map has entries of zeros. A weight of 0 leaves it, and
// the net that sees what it leaves over, out.
func TestTheCoarseMapAloneHasFineCodesOfZeros(t *testing.T) {
	for _, weight := range []string{"0", "0.5"} {
		n := zoo.Network(t, "vq-vae-2", ofMaps("vq-vae-2", map[string]string{"coarse-weight": weight, "coarse-quantisers": "2"}), dtypes.Float64)
		x := patterned(5, 96)
		z := must2(t)(n.Encode(t.Context(), x))
		var alone float64
		prog := model.NewProgram(n.Params, "terms", func(s *model.Scope, in []*g.Node) []*g.Node {
			for _, f := range n.Model.Terms(s, at(n.Batch(in[0], nil), 0), vi.Estimator{}).Figures {
				if f.Name == "reconstruction from the coarse map alone" {
					return []*g.Node{f.Value}
				}
			}
			return []*g.Node{g.ReduceAllSum(g.ZerosLike(in[0]))}
		})
		alone = tk.Values(t, prog, rng.New(1), model.Tensor(dtypes.Float64, x, 5, 96))[0][0]
		rests, arrays := 0, tk.Export(t, n.Params)
		for _, a := range arrays {
			if strings.HasPrefix(a.Name, "encoder/rest/") {
				rests++
			}
			if a.Name == "quantiser/bottom/group0_level0/codes" {
				a.Data = make([]float64, len(a.Data))
				tk.Import(t, n.Params, a)
			}
		}
		want := 0.
		if weight != "0" {
			want = meanLogLik(t, n, x, z)
		}
		tk.Close(t, "ln p(x|t) with weight "+weight, alone, want, 1e-9)
		if (rests > 0) != (weight != "0") {
			t.Errorf("weight %s: got %d arrays of the net of what is left over", weight, rests)
		}
	}
}

// at is the batch in a stage.
func at(b vae.Batch, stage int) vae.Batch {
	b.Stage = stage
	return b
}
