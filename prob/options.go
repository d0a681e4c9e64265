package prob

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/vi/guide"
)

// Options of a fit. The zero value is a full-rank guide in up to 100 dimensions and a mean field
// above.
type Options struct {
	// Guide makes q; nil is a full-rank Gaussian in up to 100 dimensions, a mean field above. Where
	// k̂ then exceeds .5 in up to 50 dimensions, an autoregressive guide with skewed margins
	// ([guide.IAF]) goes on from the Gaussian and is kept if its bound is higher, or its k̂ lower at an equal bound.
	Guide guide.Family
	// Seed decides all randomness: equal seeds give equal fits.
	Seed uint64
	// Draws is M, the draws of a step's gradient; 0 means 4.
	Draws int
	// Steps is the most steps of all rates together; 0 means 10,000.
	Steps int
	// Rate is the first step size, in units of the guide's whitened coordinates; 0 means
	// .05 or a quarter of Draws over the dimensions, and with a plain start the first of a few.
	Rate float64
	// Window is the number of steps between looks at convergence; 0 means 50.
	Window int
	// Tolerance is the gain in the bound, in nats, that is not worth a smaller rate; 0 means .01.
	Tolerance float64
	// Score keeps the score of the guide in the gradient of ln q, which by default is left out
	// where the guide can ([guide.Path]): both are unbiased.
	Score bool
	// Plain starts the guide at a random point with scales of .1 instead of climbing to the mode
	// for its location and scales.
	Plain bool
	// Check is the number of final draws behind the bound, k̂ and the log-evidence; 0 means 1000.
	// While k̂ is within its standard error of its limit the draws are doubled, up to eight times
	// as many.
	Check int
	// Starts is the number of random points, in pairs u and −u, from which the fit begins. Starts whose climb ends at
	// the same place need one fit; where they do not, each place gets its own, the one with the
	// highest bound is returned and [Fit.Places] holds all. A mode that no start climbs to stays
	// unseen. 0 means 4 up to 100 dimensions, and 1
	// above or with a plain start.
	Starts int
	// Progress, unless nil, is told the state after every window.
	Progress func(Progress)
}

// Progress is the state of a fit after a window of steps.
type Progress struct {
	Step int     // steps done
	Rate float64 // step size
	ELBO float64 // mean of the window's estimates of the bound, nats
	RHat float64 // largest R̂ of the guide's parameters over the later half of the rate's iterates
}

// dimFull is the most dimensions that get a full-rank guide unasked.
const dimFull = 100

// fill returns the options with defaults in place of zeros.
func (o Options) fill(n int) (Options, error) {
	switch {
	case o.Draws < 0, o.Steps < 0, o.Window < 0, o.Check < 0, o.Starts < 0:
		return o, fmt.Errorf("prob: options: got %d draws, %d steps, window %d, %d final draws, %d starts, want none below 0", o.Draws, o.Steps, o.Window, o.Check, o.Starts)
	case o.Rate < 0 || o.Tolerance < 0 || !finite(o.Rate, o.Tolerance):
		return o, fmt.Errorf("prob: options: got rate %v and tolerance %v, want 0 or more", o.Rate, o.Tolerance)
	}
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	given := o.Starts
	set(&o.Draws, 4)
	set(&o.Steps, 10000)
	set(&o.Window, 50)
	set(&o.Check, 1000)
	if set(&o.Starts, 4); n > dimFull || o.Plain {
		o.Starts = max(1, given)
	}
	if o.Tolerance == 0 {
		o.Tolerance = .01
	}
	if o.Guide == nil {
		o.Guide = guide.MeanField
		if n <= dimFull {
			o.Guide = guide.FullRank
		}
	}
	o.Window = int(math.Min(float64(o.Window), float64(o.Steps)))
	return o, nil
}
