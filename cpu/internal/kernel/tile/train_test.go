package tile

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// normals fills float32 elements.
func normals(x []float32, rng *rand.Rand, scale float64) {
	for i := range x {
		x[i] = float32(scale * rng.NormFloat64())
	}
}

// near reports elements that are off by more than a few roundings of float32 numbers of the
// given size.
func near(t *testing.T, what string, got []float32, want []float64, size float64) {
	t.Helper()
	for i := range got {
		if off := math.Abs(float64(got[i]) - want[i]); !(off <= 8*size*0x1p-24) {
			t.Fatalf("%s: element %d: got %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestLogitsBCEIsTheCrossEntropyWithItsGradient(t *testing.T) {
	const m, n = 37, 211
	rng := rand.New(rand.NewPCG(21, 22))
	z, pz := floats(m * n)
	x, px := floats(m * n)
	_, pzero := floats(1)
	normals(z, rng, 5)
	want, column, loss := make([]float64, m*n), make([]float64, n), 0.0
	for i := range z {
		x[i] = float32(rng.IntN(2))
		s := 1 / (1 + math.Exp(-float64(z[i])))
		want[i] = s - float64(x[i])
		column[i%n] += want[i]
		if x[i] == 1 {
			loss += math.Log1p(math.Exp(-float64(z[i])))
		} else {
			loss += math.Log1p(math.Exp(float64(z[i])))
		}
	}
	for _, l := range isa.Available() {
		grad, pgrad := floats(m * n)
		total, ptotal := floats(1)
		bias, pbias := floats(n)
		for _, s := range []Spec{logitsBCE(m, n), logitsPair(m, n)} {
			kernel.Run(mustNew(t, l, s), pgrad, ptotal, pbias, pz, px, pzero)
			near(t, "gradient", grad, want, 1)
			near(t, "its sum", bias, column, m)
			near(t, "loss", total, []float64{loss}, loss)
		}
	}
}

func TestALossAndItsDerivativeAreOneStep(t *testing.T) {
	count := func(s Spec) (steps, doubles int) {
		r := mustNew(t, isa.Best(), s).(*region)
		replay(t, r)
		for _, d := range r.drafts {
			if d.do == calc {
				steps++
			}
			if d.double {
				doubles++
			}
		}
		return steps, doubles
	}
	if steps, doubles := count(logitsPair(128, 784)); steps != 1 || doubles != 1 {
		t.Errorf("got %d steps and %d with two results, want one", steps, doubles)
	}
	w := over(300)
	a, b, c := w.matrix(), w.matrix(), w.matrix()
	x := w.op(LogitsGrad, a, b)
	y := w.op(LogitsLoss, a, c) // other targets
	z := w.op(LogitsLoss, a, b)
	w.store(w.op(compute.OpTypeAdd, w.op(compute.OpTypeAdd, x, y), z)).store(z).store(a)
	if steps, doubles := count(w.Spec); steps != 5 || doubles != 2 {
		t.Errorf("got %d steps and %d with two results, want 5 and 2", steps, doubles)
	}
	for _, inPlace := range []bool{false, true} {
		for _, l := range isa.Available() {
			rng := rand.New(rand.NewPCG(28, 29))
			tr := newTrial(w.Spec, rng, false, inPlace)
			want, slacks := tr.want(l)
			shuffled(mustNew(t, l, w.Spec), rng, tr.args)
			for j, st := range w.Stores {
				compare(t, "pair", w.Dims, st, tr.stores[j], want[j], slacks[j])
			}
		}
	}
}

func TestOperationsOfTheirOwnAreWhatTheirNamesSay(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	a := []float32{-2, -1, 0, 1, 2, nan, inf, -inf}
	b := []float32{1, 0, 1, 1, -1, 1, 0, 1}
	want := map[compute.OpType][]float32{
		ReLU:     {0, 0, 0, 1, 2, nan, inf, 0},
		ReLUGrad: {-2, 0, 0, 1, 0, nan, 0, -inf},
	}
	for op, y := range want {
		w := over(len(a))
		regs := []int{w.matrix(), w.matrix()}
		s := w.store(w.op(op, regs[:arity(op)]...)).Spec
		for _, l := range isa.Available() {
			out, pout := floats(len(a))
			kernel.Run(mustNew(t, l, s), pout, unsafe.Pointer(&a[0]), unsafe.Pointer(&b[0]))
			for i := range out {
				if out[i] != y[i] && !(out[i] != out[i] && y[i] != y[i]) {
					t.Errorf("%v: %s of %v, %v: got %v, want %v", l, opName(op), a[i], b[i], out[i], y[i])
				}
			}
		}
	}
}

func TestSoftmaxRowsAreDistributions(t *testing.T) {
	for _, c := range [][2]int{{5, 1}, {100, 20}, {33, 257}, {3, maxRow}} {
		m, n := c[0], c[1]
		rng := rand.New(rand.NewPCG(23, 24))
		x, px := floats(m * n)
		normals(x, rng, 30)
		want := make([]float64, m*n)
		for i := range m {
			row, sum := x[i*n:][:n], 0.0
			top := float64(slices.Max(row))
			for j, v := range row {
				want[i*n+j] = math.Exp(float64(v) - top)
				sum += want[i*n+j]
			}
			for j := range row {
				want[i*n+j] /= sum
			}
		}
		for _, l := range isa.Available() {
			y, py := floats(m * n)
			kernel.Run(mustNew(t, l, softmax(m, n)), py, px)
			near(t, "softmax", y, want, 1)
		}
	}
}

// layerNorm is (x − mean)·a/√(variance + ε) + b by rows; it also stores each row's mean.
func layerNorm(m, n int) Spec {
	w := over(m, n)
	w.RowAxes = 1
	x, a, b, part, eps := w.matrix(), w.load(0, 1), w.load(0, 1), w.number(), w.number()
	mean := w.op(compute.OpTypeMul, w.op(compute.OpTypeReduceSum, x), part)
	d := w.op(compute.OpTypeSub, x, mean)
	variance := w.op(compute.OpTypeMul, w.op(compute.OpTypeReduceSum, w.op(compute.OpTypeMul, d, d)), part)
	y := w.op(MulAdd, w.op(compute.OpTypeMul, d, w.op(compute.OpTypeRsqrt, w.op(compute.OpTypeAdd, variance, eps))), a, b)
	w.store(y).sum(mean, 1)
	w.Stores[1].Reduce = compute.OpTypeReduceMax
	return w.Spec
}

func TestLayerNormIsOnePass(t *testing.T) {
	const m, n, eps = 41, 96, 1e-3
	rng := rand.New(rand.NewPCG(25, 26))
	x, px := floats(m * n)
	a, pa := floats(n)
	b, pb := floats(n)
	normals(x, rng, 3)
	normals(a, rng, 1)
	normals(b, rng, 1)
	part, e := float32(1)/n, float32(eps)
	want, means := make([]float64, m*n), make([]float64, m)
	for i := range m {
		row, variance := x[i*n:][:n], 0.0
		for _, v := range row {
			means[i] += float64(v) / n
		}
		for _, v := range row {
			variance += (float64(v) - means[i]) * (float64(v) - means[i]) / n
		}
		for j, v := range row {
			want[i*n+j] = (float64(v)-means[i])/math.Sqrt(variance+eps)*float64(a[j]) + float64(b[j])
		}
	}
	for _, l := range isa.Available() {
		y, py := floats(m * n)
		mean, pmean := floats(m)
		k := mustNew(t, l, layerNorm(m, n))
		if len(k.Phases()) != 1 {
			t.Errorf("got phases %v, want one", k.Phases())
		}
		kernel.Run(k, py, pmean, px, pa, pb, unsafe.Pointer(&part), unsafe.Pointer(&e))
		near(t, "layer norm", y, want, 16)
		near(t, "mean", mean, means, 4)
	}
}

func TestANaNInARowStaysInItsRow(t *testing.T) {
	const m, n = 9, 50
	for _, l := range isa.Available() {
		x, px := floats(m * n)
		y, py := floats(m * n)
		x[4*n+17] = float32(math.NaN())
		x[6*n+3] = float32(math.Inf(1)) // ∞ − ∞ where it stands, and e^−∞ beside it
		kernel.Run(mustNew(t, l, softmax(m, n)), py, px)
		for i, v := range y {
			if nan := v != v; nan != (i/n == 4 || i/n == 6) {
				t.Fatalf("%v: row %d: got %v", l, i/n, v)
			}
		}
	}
}

func TestOneKernelServesSeveralExecutionsAtOnce(t *testing.T) {
	s := logitsBCE(64, 300)
	k := mustNew(t, isa.Best(), s)
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			rng := rand.New(rand.NewPCG(27, uint64(g)))
			tr := newTrial(s, rng, false, false)
			first := []*buffer(nil)
			for range 20 {
				shuffled(k, rng, tr.args)
				if first == nil {
					for _, b := range tr.stores {
						first = append(first, b.clone())
					}
				}
				for j, b := range tr.stores {
					if !slices.Equal(b.mem, first[j].mem) {
						t.Errorf("execution %d: store %d: got other bits than before", g, j)
						return
					}
				}
			}
		})
	}
	group.Wait()
}

// Units in any order, one by one or in runs, on one worker or two, give the same bits.
func TestHowUnitsAreSharedOutDoesNotMatter(t *testing.T) {
	for _, s := range []Spec{biasReLU(128, 400), logitsPair(128, 784), logitsSums(50, 5000), adamChain(30000), softmax(512, 64), layerNorm(300, 100)} {
		for _, l := range isa.Available() {
			k := mustNew(t, l, s)
			var first []*buffer
			for seed := range 4 {
				tr := newTrial(s, rand.New(rand.NewPCG(41, 42)), false, false)
				if seed == 0 {
					runner(k, tr.args)()
					first = tr.stores
					continue
				}
				shuffled(k, rand.New(rand.NewPCG(43, uint64(seed))), tr.args)
				for j, b := range tr.stores {
					if !slices.Equal(b.mem, first[j].mem) {
						t.Errorf("%v: %s: store %d: got other bits in another order", l, k.Name(), j)
					}
				}
			}
		}
	}
}
