package paper

import (
	"context"
	"fmt"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	digitjudge "github.com/elbo-go/elbo/judge"
)

// sure is the share of a class that the judge gives an image which counts as recognised.
const sure = .8

// Digits that the prior of a VQ-VAE's codes draws, by class: a classifier of MNIST is sure of at least
// 70 % of them, and agrees with the class that was asked for in at least 80 %. Test images show what it
// makes of real ones. Seed 1; five epochs of codes, then ten of the prior.
func TestPaperVQSamples(t *testing.T) {
	long(t)
	s, all := opened(t)
	j := mnistJudge(t, s)
	c := coder("vq-vae", 15, map[string]string{"code-prior": "pixelcnn", "prior-share": "0.667", "prior-classes": "true", "prior-channels": "64"})
	m := fit(t, "vq-128-samples", c, s)
	const each = 100
	var drawn []float32
	var classes []int32
	for class := range s.Train.Classes {
		ctx := context.Background()
		z, err := m.Run().Net.PriorOf(ctx, each, class, rng.New(1).Named(fmt.Sprint("samples ", class)))
		if err != nil {
			t.Fatal(err)
		}
		x, err := m.Run().Net.Decode(ctx, z)
		if err != nil {
			t.Fatal(err)
		}
		drawn = append(drawn, x...)
		for range each {
			classes = append(classes, int32(class))
		}
	}
	real, right := recognised(t, j, s.Test.X[:1000*s.Test.Dim()], s.Test.Labels[:1000])
	share, agree := recognised(t, j, drawn, classes)
	t.Logf("of 1,000 samples %.3f are recognised, %.3f as their class; of 1,000 test images %.3f and %.3f", share, agree, real, right)
	if all && (share < .7 || agree < .8) {
		t.Errorf("got %.3f recognised and %.3f as their class, want at least .7 and .8", share, agree)
	}
}

// recognised is the share of images that the judge is sure of, and of those whose likeliest class is
// the given one.
func recognised(t *testing.T, j *digitjudge.Judge, images []float32, classes []int32) (share, agree float64) {
	t.Helper()
	p, err := j.Classify(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range p {
		best := 0
		for k, v := range row {
			if v > row[best] {
				best = k
			}
		}
		if row[best] > sure {
			share += 1 / float64(len(p))
		}
		if best == int(classes[i]) {
			agree += 1 / float64(len(p))
		}
	}
	return share, agree
}
