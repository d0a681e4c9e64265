package train

import (
	"fmt"

	"github.com/elbo-go/elbo/cpu"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
)

// Rows are the values that a run learns from and is judged on, binarised as configured.
type Rows struct {
	Splits  *data.Splits      // as read
	Dim     int               // values of a row: D, and the class where the model makes use of it
	TrainX  []float32         // training rows; under dynamic binarisation still grey
	ValidX  []float32         // validation rows, binarised once
	TestX   []float32         // test rows, binarised once
	Mode    data.Binarization // how pixels become data
	dynamic bool
	classed bool    // rows end with their class
	shown   [][]int // training rows that show their class, by class
}

// Binary tells whether the values of the test rows are 0 and 1.
func (r *Rows) Binary() bool {
	for i, v := range r.TestX {
		if v != 0 && v != 1 && !(r.classed && i%r.Dim == r.Dim-1) {
			return false
		}
	}
	return true
}

// judgeKey draws the binarisation of validation and test rows. It does not depend on the
// seed of a run, so that runs are judged on equal data.
var judgeKey = rng.New(0).Named("judge")

// prepare binarises the splits and checks them against the likelihood of a resolved config.
func prepare(c Config, s *data.Splits) (*Rows, error) {
	mode, err := data.ParseBinarization(c.Binarize)
	if err != nil {
		return nil, err
	}
	lik, err := vae.LikelihoodOf(c.Likelihood)
	if err != nil {
		return nil, err
	}
	seen, err := newClasses(c, s)
	if err != nil {
		return nil, err
	}
	d := s.Train.Dim()
	r := &Rows{Splits: s, Dim: d, Mode: mode, dynamic: mode == data.BinarizeDynamic, classed: seen != nil}
	if r.classed {
		r.Dim++
		r.shown = byClass(seen.train, len(s.Train.Classes))
	}
	for _, part := range []struct {
		name string
		set  *data.Set
		dst  *[]float32
		gray bool
	}{{"train", s.Train, &r.TrainX, r.dynamic}, {"valid", s.Valid, &r.ValidX, false}, {"test", s.Test, &r.TestX, false}} {
		if part.set.Dim() != d {
			return nil, fmt.Errorf("train: %s rows: got %d values, want %d as in training", part.name, part.set.Dim(), d)
		}
		if part.set.Len() == 0 {
			return nil, fmt.Errorf("train: %s rows: got none, want at least 1", part.name)
		}
		x, err := Binarize(mode, part.set, part.name, part.gray)
		if err != nil {
			return nil, err
		}
		*part.dst = seen.end(x, part.set, part.name)
		if err := lik.Check(x); err != nil {
			return nil, fmt.Errorf("train: %s rows of %s: %w%s", part.name, part.set.Name, err, remedy(lik))
		}
		if part.gray && lik.Support == vae.Real {
			if err := probabilities(part.set); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// Binarize returns the rows of a set as a run sees them. The part names the stream, so that
// train, valid and test rows get draws of their own; grey leaves the values as they are.
func Binarize(mode data.Binarization, s *data.Set, part string, gray bool) ([]float32, error) {
	if mode == data.BinarizeNone || gray {
		return s.X, nil
	}
	out := make([]float32, len(s.X))
	rows := make([]int, s.Len())
	for i := range rows {
		rows[i] = i
	}
	return out, mode.ApplyRows(out, s.X, s.Dim(), rows, judgeKey.Named(part))
}

// probabilities checks that rows can be binarised.
func probabilities(s *data.Set) error {
	for i, v := range s.X {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("train: binarisation: row %d, column %d: got %v, want 0 to 1", i/s.Dim(), i%s.Dim(), v)
		}
	}
	return nil
}

// remedy tells what to do about data outside a likelihood's support.
func remedy(l vae.Likelihood) string {
	switch l.Support {
	case vae.Unit:
		return "; use --likelihood gaussian, or scale the data to [0, 1]"
	case vae.Levels:
		return "; discretized-logistic wants 8-bit images with --binarize none"
	}
	return ""
}

// batch gathers the rows of one step into dst and binarises them if that is done afresh
// every step, with the bits of [data.Binarization.Apply]. Classes stay as they are.
func (r *Rows) batch(dst []float32, rows []int, key rng.Key) {
	drawn := 0
	for i, row := range rows {
		var next []float32
		if i+1 < len(rows) {
			next = r.TrainX[rows[i+1]*r.Dim:]
		}
		cpu.CopyAhead(dst[i*r.Dim:(i+1)*r.Dim], r.TrainX[row*r.Dim:], next)
		for ; r.dynamic && drawn+data.DrawsPerKey <= (i+1)*r.Dim; drawn += data.DrawsPerKey {
			trial(dst[drawn:drawn+data.DrawsPerKey], key.At(uint64(drawn)))
		}
	}
	if !r.dynamic {
		return
	}
	trial(dst[drawn:], key.At(uint64(drawn)))
	for i, row := range rows {
		if end := r.Dim - 1; r.classed {
			dst[i*r.Dim+end] = r.TrainX[row*r.Dim+end]
		}
	}
}

// trial replaces probabilities, while they are in the cache, by 1 or 0.
func trial(x []float32, key rng.Key) {
	k0, k1 := key.Words()
	cpu.Bernoulli(k0, k1, x, x)
}
