package forecast

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// Coverage by counting targets between quantiles, at each level.
func TestCoverageIsCountedByIntervals(t *testing.T) {
	in := numberInput(200, 2)
	s := sceneOf(t, in)
	c, gap, err := s.coverageChart()
	if err != nil {
		t.Fatal(err)
	}
	line := layer(t, c.Lines, "observed")
	if len(line.X) != 21 || line.Y[0] != 0 || line.Y[20] != 100 {
		t.Fatalf("got %v, want 21 points from 0 to 100", line.Y)
	}
	sum := 0.
	for k := 1; k < 20; k++ {
		level, inside := line.X[k]/100, 0
		for i, p := range in.Predictions {
			if lo, hi := quantile(p, (1-level)/2), quantile(p, (1+level)/2); lo <= in.Y[i] && in.Y[i] <= hi {
				inside++
			}
		}
		near(t, fmt.Sprintf("coverage at %v", level), line.Y[k], float64(inside)/2, 1e-9)
		sum += math.Abs(float64(inside)/200 - level)
	}
	near(t, "gap", gap, sum/19, 1e-12)
}

// The band of a right model is that of binomial counts: at each level its tails beyond the band
// have at most 2.5 % each, and one count less would have more.
func TestTheBandOfARightModelIsBinomial(t *testing.T) {
	s := sceneOf(t, numberInput(50, 2))
	c, _, err := s.coverageChart()
	if err != nil {
		t.Fatal(err)
	}
	room := layer(t, c.Areas, "a right model")
	for _, k := range []int{10, 50, 90} {
		b := distuv.Binomial{N: 50, P: float64(k) / 100}
		lo, hi := math.Round(room.Lo[k]/2), math.Round(room.Hi[k]/2)
		if below, above := b.CDF(lo-1), 1-b.CDF(hi); below > .025 || above > .025 || b.CDF(lo) <= .025 || 1-b.CDF(hi-1) <= .025 {
			t.Errorf("level %d: band %v to %v has tails %v and %v", k, lo, hi, below, above)
		}
	}
	if room.Lo[0] != 0 || room.Hi[0] != 0 || room.Lo[100] != 100 || room.Hi[100] != 100 {
		t.Error("the band is open at its ends")
	}
}

// Calibrated predictions stay inside the band, too narrow ones leave it below: 500 rows, fixed seed;
// of 19 correlated levels one leaves by chance in one of a few seeds.
func TestCalibrationTellsNarrowFromRight(t *testing.T) {
	off := func(shrink float64) (below, above int) {
		in := numberInput(500, 2)
		for i, p := range in.Predictions {
			in.Predictions[i] = normal(p.Mean, p.Aleatoric*shrink, p.Epistemic*shrink)
		}
		c, _, err := sceneOf(t, in).coverageChart()
		if err != nil {
			t.Fatal(err)
		}
		room, line := layer(t, c.Areas, "a right model"), layer(t, c.Lines, "observed")
		for k := 1; k < 20; k++ {
			at := int(math.Round(line.X[k]))
			if line.Y[k] < room.Lo[at] {
				below++
			}
			if line.Y[k] > room.Hi[at] {
				above++
			}
		}
		return below, above
	}
	if b, a := off(1); b+a > 0 {
		t.Errorf("right predictions: %d levels below and %d above the band", b, a)
	}
	if b, a := off(.5); b < 15 || a > 0 {
		t.Errorf("too narrow ones: %d levels below and %d above the band", b, a)
	}
	if b, a := off(2); a < 15 || b > 0 {
		t.Errorf("too wide ones: %d levels below and %d above the band", b, a)
	}
}

// The histogram counts PIT values in equal bins, in per cent of the rows.
func TestPITBinsAreCounted(t *testing.T) {
	for _, n := range []int{1, 30, 100, 1000} {
		s := sceneOf(t, numberInput(n, 1))
		c, pit, err := s.pitChart()
		if err != nil {
			t.Fatal(err)
		}
		b := c.Bars[0]
		if len(b.Heights) != pitBins(n) {
			t.Fatalf("%d rows: got %d bins", n, len(b.Heights))
		}
		sum := 0.
		for k, h := range b.Heights {
			count := 0
			for _, u := range s.u {
				if u >= b.Edges[k] && (u < b.Edges[k+1] || k == len(b.Heights)-1) {
					count++
				}
			}
			near(t, "share", h, 100*float64(count)/float64(n), 1e-9)
			sum += h
		}
		near(t, "all shares", sum, 100, 1e-9)
		near(t, "flat", c.Guides[0].Y[0], 100/float64(len(b.Heights)), 1e-12)
		if pit.PValue < 1e-3 {
			t.Errorf("%d rows of a right model: probability %v", n, pit.PValue)
		}
	}
}

func TestCalibrationSaysHowToReadIt(t *testing.T) {
	p := charts(t, sceneOf(t, numberInput(100, 1)), calibration)
	says(t, p.caption, "too narrow", "too wide", "PIT", "19 times in 20", "Kolmogorov")
	if len(p.specs) != 2 {
		t.Errorf("got %d charts, want 2", len(p.specs))
	}
	for _, c := range p.specs {
		if c.Title == "" || c.XLabel == "" || c.YLabel == "" {
			t.Errorf("a chart without labels: %+v", [3]string{c.Title, c.XLabel, c.YLabel})
		}
	}
}
