package quant

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// quantised returns codes, numbers and losses of features, and the codes that the numbers lead to.
func quantised(t *testing.T, b books, z []float64) [][]float64 {
	t.Helper()
	_, _, d := b.v.Size()
	return tk.Values(t, b.program(func(s *model.Scope, _ *g.Node, o Output) []*g.Node {
		return []*g.Node{o.Codes, o.Index, o.Loss, b.v.Lookup(s, o.Index)}
	}), key, tk.Matrix(z, len(z)/d, d))
}

// Three levels of two groups, by plain loops: numbers, codes and commitment.
func TestResidualCodesOfGroupsFollowTheAlgorithm(t *testing.T) {
	const n, d, k, levels, groups = 25, 3, 8, 3, 2
	v := Vector{Book: Codebook{Codes: k, Dim: d, Update: ByEMA, Commit: .5}, Groups: groups, Levels: levels}
	codes := map[string][]float64{}
	for i := range groups {
		for l := range levels {
			codes[Name(i, l)] = normals(uint64(10+10*i+l), k*d)
		}
	}
	z := normals(1, n*groups*d)
	out := quantised(t, newBooks(t, v, codes), z)
	if c, values, dim := v.Size(); c != 6 || values != k || dim != 6 {
		t.Errorf("size: got %d, %d, %d", c, values, dim)
	}
	for i := range n {
		loss := 0.
		for p := range groups {
			first := i*groups*d + p*d
			rest, sum := append([]float64(nil), z[first:first+d]...), make([]float64, d)
			for l := range levels {
				at, best := closest(rest, codes[Name(p, l)])
				if got := out[1][i*groups*levels+p*levels+l]; int(got) != at {
					t.Fatalf("feature %d, group %d, level %d: got %v, want %d", i, p, l, got, at)
				}
				loss += .5 * best
				for j := range d {
					rest[j] -= codes[Name(p, l)][at*d+j]
					sum[j] += codes[Name(p, l)][at*d+j]
				}
			}
			same(t, "codes", out[0][first:first+d], sum, 1e-14)
		}
		tk.Close(t, "commitment", out[2][i], loss, 1e-12)
	}
	same(t, "codes of the numbers", out[3], out[0], 1e-14)
}

// With codes of length 1 the nearest code is that of the largest cosine, whatever the lengths.
func TestCosineCodesHaveTheLargestCosine(t *testing.T) {
	const n, d, k = 40, 4, 9
	e, z := normals(3, k*d), normals(4, n*d)
	for i := range e {
		e[i] *= 3 + float64(i/d)
	}
	v := Vector{Book: Codebook{Codes: k, Dim: d, Update: ByLoss, Unit: true}}
	out := quantised(t, newBooks(t, v, map[string][]float64{Name(0, 0): e}), z)
	for i := range n {
		best, at := math.Inf(-1), 0
		for c := range k {
			if v := angle(z[i*d:(i+1)*d], e[c*d:(c+1)*d]); v > best {
				best, at = v, c
			}
		}
		if int(out[1][i]) != at {
			t.Fatalf("feature %d: got %v, want %d", i, out[1][i], at)
		}
		tk.Close(t, "length of the code", length(out[0][i*d:(i+1)*d]), 1, 1e-12)
		tk.Close(t, "angle of the code", angle(out[0][i*d:(i+1)*d], e[at*d:(at+1)*d]), 1, 1e-12)
		tk.Close(t, "loss", out[2][i], 2-2*best, 1e-12)
	}
}

// Moving averages keep the length, and stay where the mean of their features points.
func TestCosineCodesOfMovingAveragesKeepTheirLength(t *testing.T) {
	const n, d, k = 60, 3, 4
	z := normals(5, n*d)
	v := Vector{Book: Codebook{Codes: k, Dim: d, Update: ByEMA, Decay: .9, Unit: true}}
	e := normals(6, k*d)
	unit(e, d)
	b := newBooks(t, v, map[string][]float64{Name(0, 0): e})
	step := b.training()
	var out [][]float64
	for range 600 {
		out = tk.Values(t, step, key, tk.Matrix(z, n, d))
	}
	codes := b.array(t, Name(0, 0)+"/codes")
	sum := make([]float64, k*d)
	unit(z, d)
	for i, c := range out[0] {
		for j := range d {
			sum[int(c)*d+j] += z[i*d+j]
		}
	}
	for c := range k {
		tk.Close(t, "length", length(codes[c*d:(c+1)*d]), 1, 1e-12)
		if length(sum[c*d:(c+1)*d]) > 0 {
			tk.Close(t, "cosine with the mean", angle(codes[c*d:(c+1)*d], sum[c*d:(c+1)*d]), 1, 1e-9)
		}
	}
}

// The more levels, the smaller what is left over, from a start by k-means.
func TestTheStartFitsEachLevelToWhatIsLeftOver(t *testing.T) {
	const n, d, k = 600, 4, 8
	z := normals(7, n*d)
	before := math.Inf(1)
	for levels := 1; levels <= 3; levels++ {
		v := Vector{Book: Codebook{Codes: k, Dim: 2, Update: ByEMA, Commit: 1}, Groups: 2, Levels: levels}
		b := newBooks(t, v, nil)
		arrays := v.Start("", z, rng.New(2))
		for i := range arrays {
			arrays[i].Name = arrays[i].Name[1:]
		}
		tk.Import(t, b.p, arrays...)
		out := quantised(t, b, z)
		error2 := 0.
		for i := range z {
			error2 += (z[i] - out[0][i]) * (z[i] - out[0][i]) / n
		}
		t.Logf("%d levels: %.4f of 4", levels, error2)
		if !(error2 < .35*before) || levels == 1 && error2 > 1.2 {
			t.Errorf("%d levels: error %.4f after %.4f, want a third of it", levels, error2, before)
		}
		before = error2
	}
}

// A start looks at features of the data alone: codes by map stay as they are, cosine codes have the
// length 1.
func TestTheStartOfOtherCodebooks(t *testing.T) {
	z := normals(8, 300)
	if got := (Vector{Book: Codebook{Codes: 4, Dim: 3, Update: ByMap}}).Start("x", z, rng.New(1)); got != nil {
		t.Errorf("by map: got %v, want nothing", got)
	}
	got := Vector{Book: Codebook{Codes: 4, Dim: 3, Update: ByLoss, Unit: true}}.Start("quantiser", z, rng.New(1))
	if len(got) != 1 || got[0].Name != "quantiser/group0_level0/codes" || !got[0].Trainable {
		t.Fatalf("got %v", got)
	}
	for i := 0; i < len(got[0].Data); i += 3 {
		tk.Close(t, "length", length(got[0].Data[i:i+3]), 1, 1e-12)
	}
}
