package judge

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/float16"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// untrained is a judge of the weights that training with a seed starts from.
func untrained(t *testing.T, seed uint64) *Judge {
	t.Helper()
	p := tk.Params(t, dtypes.Float32)
	p = model.NewParams(p.Backend(), dtypes.Float32, rng.New(seed))
	tk.Values(t, model.NewProgram(p, "start", func(s *model.Scope, in []*g.Node) []*g.Node {
		return looks(trainable(s), in[0])[3:]
	}), rng.Key{}, model.Tensor(dtypes.Float32, make([]float32, Dim), 1, Dim))
	values, err := arrays(p)
	if err != nil {
		t.Fatal(err)
	}
	j, err := newJudge("untrained", values)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// One batch in one epoch is one step: the loss that is reported is the cross-entropy of the weights
// before it, by loops.
func TestTheFirstLossIsTheCrossEntropyOfTheStart(t *testing.T) {
	set := data.Digits(batch, rng.New(8))
	var got []float64
	_, err := Fit(t.Context(), "one", set.X, set.Labels, Training{Epochs: 1, Seed: 7, Epoch: func(epoch int, loss float64) {
		if epoch != 1 {
			t.Errorf("epoch %d, want 1", epoch)
		}
		got = append(got, loss)
	}})
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	start, want := untrained(t, 7), 0.
	for i, class := range set.Labels {
		_, p := plainly(start, set.Row(i))
		want -= math.Log(p[class]) / batch
	}
	tk.Close(t, "cross-entropy", got[0], want, 1e-5)
	tk.Close(t, "a guess among ten", want, math.Log(Classes), .1)
}

// Arrays are as large as the file says and start within ±1/√(inputs).
func TestTrainingStartsFromArraysOfTheFilesShapes(t *testing.T) {
	j, total := untrained(t, 3), 0
	for i, w := range weights {
		bound := 1 / math.Sqrt(float64(w.fan))
		if len(j.values[i]) != sizeOf(w.dims) {
			t.Errorf("%s: got %d values, want %d", w.name, len(j.values[i]), sizeOf(w.dims))
		}
		largest := 0.
		for _, v := range j.values[i] {
			largest = max(largest, math.Abs(float64(v)))
		}
		if largest > bound || largest < bound*.6 {
			t.Errorf("%s: largest value %v, want up to %v", w.name, largest, bound)
		}
		total += len(j.values[i])
	}
	if total != weightCount() || total != 16*16+16+256*32+32+1568*64+64+640+10 {
		t.Errorf("got %d weights, counted %d", total, weightCount())
	}
}

// Levelled features are the old ones over one number; the verdicts stay.
func TestLevellingKeepsTheVerdicts(t *testing.T) {
	before, after := untrained(t, 5), untrained(t, 5)
	x := data.Digits(300, rng.New(1)).X
	if err := level(t.Context(), after.values, x); err != nil {
		t.Fatal(err)
	}
	after, err := newJudge("levelled", after.values) // programs hold the weights that they were compiled with
	if err != nil {
		t.Fatal(err)
	}
	f, p, err := before.Look(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	h, q, err := after.Look(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	square, largest, scale := 0., 0., 0.
	for i := range f {
		for k := range f[i] {
			square += h[i][k] * h[i][k] / float64(len(f)*Width)
			if f[i][k] > largest {
				largest, scale = f[i][k], f[i][k]/h[i][k]
			}
		}
	}
	tk.Close(t, "mean square", square, 1, 1e-4)
	for i := range f {
		for k := range f[i] {
			tk.Close(t, "feature", h[i][k]*scale, f[i][k], 1e-5)
		}
		for c := range p[i] {
			tk.Close(t, "probability", q[i][c], p[i][c], 1e-5)
		}
	}
	none := untrained(t, 5)
	clear(none.values[4])
	clear(none.values[5])
	if err := level(t.Context(), none.values, x); err != nil || none.values[6][0] != before.values[6][0] {
		t.Errorf("features that are 0 everywhere: got %v, want them as they are", err)
	}
}

// A file keeps what 16 bits can say: 11 bits of a number, and its sign. Below 2⁻¹⁴ nothing is left.
func TestFilesRoundToSixteenBits(t *testing.T) {
	j := untrained(t, 2)
	special := []float32{0, 1, -1, 65504, -65504, 1.0009765625, 6.1035156e-5, 1.0004}
	copy(j.values[1], special)
	raw := j.bytes()
	back, err := parse("x", raw)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{0, 1, -1, 65504, -65504, 1.0009765625, 6.1035156e-5, 1} {
		if got := back.values[1][i]; got != want {
			t.Errorf("%v: got %v, want %v", special[i], got, want)
		}
	}
	for i := range j.values {
		for k, v := range j.values[i] {
			if d := math.Abs(float64(v - back.values[i][k])); d > math.Max(math.Abs(float64(v))/2048, 6.2e-5) {
				t.Fatalf("%s[%d]: got %v, want %v", weights[i].name, k, back.values[i][k], v)
			}
		}
	}
	if first := float16.FromBits(binary.LittleEndian.Uint16(raw[2*16*16:])).Float32(); first != special[0] {
		t.Errorf("the first bias: got %v, want %v after 256 weights", first, special[0])
	}
	if !slices.Equal(back.bytes(), raw) {
		t.Error("what was loaded is saved with other bits")
	}
}

// One judge serves several at a time.
func TestAJudgeIsSafeForConcurrentUse(t *testing.T) {
	j := load(t)
	x := data.Digits(600, rng.New(6)).X
	want, err := j.Features(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got, err := j.Features(t.Context(), x)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range got {
				if !slices.Equal(got[i], want[i]) {
					t.Errorf("row %d: other features beside others at work", i)
					return
				}
			}
		})
	}
	group.Wait()
}

// Features lie by class: the nearest of ten class means is the row's own for 49 of 50.
func TestFeaturesLieByClass(t *testing.T) {
	j, set := load(t), data.Digits(2000, rng.New(12))
	f, err := j.Features(t.Context(), set.X)
	if err != nil {
		t.Fatal(err)
	}
	const half = 1000
	var mean [Classes][Width]float64
	for i := range half {
		for k, v := range f[i] {
			mean[set.Labels[i]][k] += v * Classes / half
		}
	}
	right := 0
	for i := half; i < 2*half; i++ {
		near := make([]float64, Classes)
		for c := range near {
			for k, v := range f[i] {
				near[c] -= (v - mean[c][k]) * (v - mean[c][k])
			}
		}
		if Most(near) == int(set.Labels[i]) {
			right++
		}
	}
	t.Logf("nearest mean: %d of %d", right, half)
	if right < half*49/50 {
		t.Errorf("nearest mean: got %d of %d right, want 49 of 50", right, half)
	}
}
