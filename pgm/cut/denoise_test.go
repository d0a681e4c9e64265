package cut

import (
	"math"
	"math/rand/v2"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
)

// blobs is a 64×64 image of three discs, and the same with every tenth pixel flipped.
func blobs(r *rand.Rand) (image, noisy []int) {
	const side = 64
	image, noisy = make([]int, side*side), make([]int, side*side)
	for i := range image {
		x, y := float64(i%side), float64(i/side)
		for _, d := range [][3]float64{{20, 20, 13}, {44, 38, 15}, {15, 50, 8}} {
			if math.Hypot(x-d[0], y-d[1]) < d[2] {
				image[i] = 1
			}
		}
		if noisy[i] = image[i]; r.Float64() < .1 {
			noisy[i] = 1 - noisy[i]
		}
	}
	return image, noisy
}

// restore is p(image | noisy) ∝ Π e^{J [xᵢ = xⱼ]} Π p(noisyᵢ | xᵢ) with flips of probability .1.
func restore(t testing.TB, noisy []int, side int, j float64) *pgm.Graph {
	var factors []*pgm.Factor
	for i, s := range noisy {
		log := []float64{math.Log(.1), math.Log(.1)}
		log[s] = math.Log(.9)
		factors = append(factors, table(t, []int{i}, []int{2}, log...))
		if i%side+1 < side {
			factors = append(factors, table(t, []int{i, i + 1}, []int{2, 2}, j, 0, 0, j))
		}
		if i+side < len(noisy) {
			factors = append(factors, table(t, []int{i, i + side}, []int{2, 2}, j, 0, 0, j))
		}
	}
	return graph(t, twos(len(noisy)), factors...)
}

// icm sets pixels to their best given their neighbours until none gets better (Besag 1986).
func icm(noisy []int, side int, j float64) []int {
	x := append([]int(nil), noisy...)
	for better := true; better; {
		better = false
		for i := range x {
			score := [2]float64{math.Log(.1), math.Log(.1)}
			score[noisy[i]] = math.Log(.9)
			for _, n := range [][2]int{{i - 1, i % side}, {i + 1, side - 1 - i%side}, {i - side, i / side}, {i + side, side - 1 - i/side}} {
				if n[1] > 0 {
					score[x[n[0]]] += j
				}
			}
			if score[1-x[i]] > score[x[i]]+1e-12 {
				x[i] = 1 - x[i]
				better = true
			}
		}
	}
	return x
}

func wrong(x, image []int) (rate float64) {
	for i := range x {
		if x[i] != image[i] {
			rate += 1 / float64(len(x))
		}
	}
	return rate
}

// A tenth of the pixels is flipped; at most 4 % are wrong after the cut, whose energy nothing
// undercuts: neither ICM nor max-product.
func TestNoiseIsTakenFromAnImage(t *testing.T) {
	const side, j = 64, 1.
	image, noisy := blobs(rand.New(rand.NewPCG(1, 33)))
	g := restore(t, noisy, side, j)
	best, err := Solve(t.Context(), g, nil)
	if err != nil {
		t.Fatal(err)
	}
	greedy := icm(noisy, side, j)
	product, err := approx.Maximum(t.Context(), g, nil, approx.Config{Sweeps: 300, Tolerance: 1e-6, Damping: .5})
	if product == nil {
		t.Fatal(err)
	}
	t.Logf("energy: cut %.4f, max-product %.4f, icm %.4f; wrong: noisy %.4f, cut %.4f, icm %.4f",
		-best.LogValue, -product.LogValue, -g.LogValue(greedy), wrong(noisy, image), wrong(best.States, image), wrong(greedy, image))
	if best.LogValue < product.LogValue-1e-9 || best.LogValue < g.LogValue(greedy)-1e-9 {
		t.Errorf("got an energy of %v, want no more than %v and %v", -best.LogValue, -product.LogValue, -g.LogValue(greedy))
	}
	if was, is := wrong(noisy, image), wrong(best.States, image); was < .08 || is > .04 {
		t.Errorf("got %.4f wrong of %.4f, want at most .04 of .1", is, was)
	}
	again, err := Expand(t.Context(), g, nil)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "energy by expansion", again.LogValue, best.LogValue, 1e-12)
}

func BenchmarkSolve(b *testing.B) {
	_, noisy := blobs(rand.New(rand.NewPCG(1, 33)))
	g := restore(b, noisy, 64, 1)
	for b.Loop() {
		if _, err := Solve(b.Context(), g, nil); err != nil {
			b.Fatal(err)
		}
	}
}
