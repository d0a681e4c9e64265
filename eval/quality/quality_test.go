package quality

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/judge"
)

// digits are n generated digits of a seed, whose classes are independent.
func digits(n int, seed uint64) []float32 {
	set := data.Digits(10*n, rng.New(seed))
	var x []float32
	for _, i := range rng.New(seed).Named("rows").Perm(10 * n)[:n] {
		x = append(x, set.Row(i)...)
	}
	return x
}

// report measures drawn images against 1,000 generated digits.
func report(t *testing.T, drawn []float32) Report {
	t.Helper()
	j, err := judge.Load(judge.Digits)
	if err != nil {
		t.Fatal(err)
	}
	r, err := SampleQuality(context.Background(), j, digits(1000, 1), drawn)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v", r)
	return r
}

// Other images of the same distribution are as far as two halves of 500 are, or half as far, within a
// factor; classes come up evenly. Few rare digits dominate the cubic kernel: over pairs of eight seeds
// the kernel distance was between −.042 and .015, so .1 is far out.
func TestFreshDigitsAreAsGoodAsReal(t *testing.T) {
	r := report(t, digits(1000, 2))
	if r.OwnFID > r.Halves || r.OwnFID < r.Halves/4 {
		t.Errorf("own FID %v, want about half of %v", r.OwnFID, r.Halves)
	}
	if math.Abs(r.OwnKID.Mean) > .1 || r.Block != 100 {
		t.Errorf("own KID %v in blocks of %d", r.OwnKID, r.Block)
	}
	if m := r.Neighbourhoods; math.Abs(m.Density-1) > .15 || m.Coverage < .9 || m.Precision < .8 || m.Recall < .8 {
		t.Errorf("neighbourhoods: %+v", m)
	}
	if math.Abs(r.Sharpness.Mean-r.RealSharpness.Mean) > 4*math.Hypot(r.Sharpness.SE, r.RealSharpness.SE) {
		t.Errorf("sharpness %v and %v", r.Sharpness, r.RealSharpness)
	}
	if r.Confident < .95 || r.Entropy < math.Log(10)-.02 || r.N != 1000 || r.M != 1000 || !strings.HasPrefix(r.Judge, "digits-") {
		t.Errorf("got %+v", r)
	}
	if text, err := json.Marshal(r); err != nil || !strings.Contains(string(text), `"own_fid":`) || !strings.Contains(r.String(), r.Judge) {
		t.Errorf("got %s, %v", text, err)
	}
}

// Blurred digits are less sharp and farther away, noise is no digit, one class alone has lost nine.
func TestPoorSamplesAreFound(t *testing.T) {
	real := report(t, digits(1000, 2))
	x := digits(1000, 2)
	blurred, noise := make([]float32, len(x)), make([]float32, len(x))
	rng.New(3).Uniform(noise)
	for i := range x {
		row, column := i%784/28, i%28
		if row > 0 && row < 27 && column > 0 && column < 27 {
			for k := range 9 {
				blurred[i] += x[i+(k/3-1)*28+k%3-1] / 9
			}
		}
	}
	if r := report(t, blurred); r.OwnFID < 2*real.OwnFID || r.Sharpness.Mean > real.Sharpness.Mean/4 {
		t.Errorf("blurred: %v", r)
	}
	if r := report(t, noise); r.OwnFID < 10*real.OwnFID || r.Neighbourhoods.Density > .2 || r.Neighbourhoods.Coverage > .05 {
		t.Errorf("noise: %v", r)
	}
	set := data.Digits(5000, rng.New(4))
	var ones []float32
	for i, c := range set.Labels {
		if c == 1 {
			ones = append(ones, set.Row(i)...)
		}
	}
	if r := report(t, ones); r.Neighbourhoods.Recall > .3 || r.Neighbourhoods.Precision < .8 || r.Entropy > .2 || r.Shares[1] < .95 {
		t.Errorf("ones alone: %v", r)
	}
}

func TestWrongImagesAreErrors(t *testing.T) {
	ctx := context.Background()
	j, err := judge.Load(judge.Digits)
	if err != nil {
		t.Fatal(err)
	}
	x := digits(30, 1)
	for want, in := range map[string][2][]float32{
		"got 19 real and 30":   {x[:19*784], x},
		"got 30 real and 0":    {x, nil},
		"a multiple of 784, a": {x[:29*784-1], x},
	} {
		if _, err := SampleQuality(ctx, j, in[0], in[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := SampleQuality(stopped, j, x, x); err == nil {
		t.Error("a context that has ended is no error")
	}
}
