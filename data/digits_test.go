package data

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestDigitsRowsDependOnKeyAndIndexAlone(t *testing.T) {
	key := rng.New(5)
	long, short := Digits(200, key), Digits(57, key)
	for i := range short.Len() {
		if short.Labels[i] != long.Labels[i] || !slices.Equal(short.Row(i), long.Row(i)) {
			t.Fatalf("row %d of 57 differs from row %d of 200", i, i)
		}
	}
	if Digits(57, rng.New(6)).Fingerprint() == short.Fingerprint() {
		t.Error("two keys gave the same digits")
	}
}

func TestDigitsDoNotDependOnThreads(t *testing.T) {
	want := Digits(300, rng.New(1)).Fingerprint()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if got := Digits(300, rng.New(1)).Fingerprint(); got != want {
		t.Errorf("one thread: %s, want %s", got, want)
	}
}

// MNIST has a mean pixel of .1307 (train) and its digits lie in the middle 20×20 pixels.
func TestDigitsHaveInkLikeHandwriting(t *testing.T) {
	s := Digits(2000, rng.New(2))
	var mean, gray float64
	border := 0
	count, ink := [10]int{}, [10]float64{}
	for i := range s.Len() {
		row, sum, mx, my := s.Row(i), 0., 0., 0.
		for j, v := range row {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("row %d pixel %d is %v", i, j, v)
			}
			if v > .02 && v < .98 {
				gray++
			}
			sum += float64(v)
			mx, my = mx+float64(v)*float64(j%28), my+float64(v)*float64(j/28)
		}
		if sum < 25 || sum > 260 {
			t.Errorf("row %d (a %d) has %.0f pixels of ink, want 25 to 260", i, s.Labels[i], sum)
		}
		if dx, dy := mx/sum-13.5, my/sum-13.5; math.Hypot(dx, dy) > 3.2 {
			t.Errorf("row %d: centre of mass off by %.1f, %.1f", i, dx, dy)
		}
		for j := range 28 {
			if e := row[j] + row[27*28+j] + row[28*j] + row[28*j+27]; e > .5 {
				border++
				break
			}
		}
		count[s.Labels[i]]++
		ink[s.Labels[i]] += sum / 784
		mean += sum / 784 / float64(s.Len())
	}
	if mean < .10 || mean > .16 {
		t.Errorf("mean pixel %.4f, want .10 to .16", mean)
	}
	if border > s.Len()/50 {
		t.Errorf("%d of %d digits touch the border, want at most 2 %%", border, s.Len())
	}
	t.Logf("mean pixel %.4f, %d touch the border", mean, border)
	if share := gray / float64(len(s.X)); share < .05 || share > .2 {
		t.Errorf("%.3f of the pixels are grey, want soft edges on .05 to .2", share)
	}
	for c, n := range count {
		if n != 200 {
			t.Errorf("class %d has %d rows, want 200", c, n)
		}
		if c != 1 && ink[c] < ink[1] {
			t.Errorf("class %d has less ink than the ones", c)
		}
	}
}

// A classifier by the nearest class mean reads 82 % of MNIST; digits that look like their
// class and vary like handwriting must be about as easy.
func TestDigitsAreReadableButVaried(t *testing.T) {
	s := Digits(3000, rng.New(3))
	means := make([][784]float64, 10)
	for i := range 2000 {
		for j, v := range s.Row(i) {
			means[s.Labels[i]][j] += float64(v) / 200
		}
	}
	right := 0
	for i := 2000; i < 3000; i++ {
		best, at := math.Inf(1), -1
		for c := range means {
			d := 0.
			for j, v := range s.Row(i) {
				e := float64(v) - means[c][j]
				d += e * e
			}
			if d < best {
				best, at = d, c
			}
		}
		if at == int(s.Labels[i]) {
			right++
		}
	}
	if right < 750 || right > 980 {
		t.Errorf("nearest class mean reads %d of 1000 digits, want 750 to 980", right)
	}
	t.Logf("nearest class mean: %d of 1000", right)
	for i := 1; i < 200; i++ {
		for j := range i {
			if slices.Equal(s.Row(i), s.Row(j)) {
				t.Fatalf("rows %d and %d are the same image", j, i)
			}
		}
	}
}

// A skeleton's shares sum to 1, its points lie in the box and its jitter fits the draws.
func TestDigitSkeletons(t *testing.T) {
	for c, ways := range digitShapes {
		sum := 0.
		for _, w := range ways {
			sum += w.share
			if 8+2*len(w.nodes) > 64 {
				t.Errorf("digit %d: %d nodes, want at most 28", c, len(w.nodes))
			}
			for _, p := range w.nodes {
				if p.x < 0 || p.x > 1 || p.y < 0 || p.y > 1 {
					t.Errorf("digit %d: node %v outside the box", c, p)
				}
			}
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("digit %d: shares sum to %v", c, sum)
		}
	}
}

// The set is made on every start, so making it must stay well below a second of waiting.
// 12,000 rows take .2 s on one 2024 core; the bound leaves room for a busy machine.
func TestDigitsAreQuickToMake(t *testing.T) {
	start := time.Now()
	Digits(1200, rng.New(4))
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("1,200 digits took %v", d)
	}
}

func BenchmarkDigits(b *testing.B) {
	for b.Loop() {
		Digits(digitTrain+digitTest, rng.New(digitSeed))
	}
}
