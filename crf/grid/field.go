// Package grid is the conditional random field of pixels: labels of the pixels of an image that
// depend on its features and on the labels of their neighbours, inferred by mean field and trained
// through the sweeps of that inference (Zheng et al. 2015, "Conditional random fields as recurrent
// neural networks", on a grid).
//
//	p(y|x) = exp(Σ_i u_i(y_i) + Σ_{i→j} P_ij(y_i, y_j)) / Z,  u_i(a) = w_a·(f_i, 1),
//	P_ij = A_d + s_ij B_d,  s_ij = exp(−‖f_i − f_j‖² / 2σ²).
//
// i→j runs over the pixels with a right (d = 0) or a lower (d = 1) neighbour: H×W pixels in rows, F
// features, C labels.
package grid

import (
	"fmt"
	"math"
)

// Image is the features of pixels.
type Image struct {
	Height   int       // H
	Width    int       // W
	Features []float64 // H×W×F
}

// Pixels is H·W.
func (x Image) Pixels() int { return x.Height * x.Width }

// Example is an image whose labels are known.
type Example struct {
	Image
	Labels []int // H×W, from 0
}

// Model is a field.
type Model struct {
	Labels   int       // C
	Features int       // F
	Sweeps   int       // T: sweeps of mean field, in training and after
	Contrast float64   // σ; 0 means that P does not depend on features: there is no B
	Weights  []float64 // w, C×(F+1), then A₀, A₁ and B₀, B₁, each C×C by rows
}

// directions are right and down.
const directions = 2

// unaries is the number of weights of u.
func (m *Model) unaries() int { return m.Labels * (m.Features + 1) }

// size is the number of weights.
func (m *Model) size() int {
	pairs := directions * m.Labels * m.Labels
	if m.Contrast > 0 {
		pairs *= 2
	}
	return m.unaries() + pairs
}

// pair is where A_d, or B_d, begins in the weights.
func (m *Model) pair(d int, contrast bool) int {
	if contrast {
		d += directions
	}
	return m.unaries() + d*m.Labels*m.Labels
}

// check says what is wrong with a model.
func (m *Model) check() error {
	switch {
	case m.Labels < 2 || m.Labels > 1<<10:
		return fmt.Errorf("grid: model: labels: got %d, want 2 to 1024", m.Labels)
	case m.Features < 0 || m.Features > 1<<20:
		return fmt.Errorf("grid: model: features: got %d, want 0 to 1048576", m.Features)
	case m.Sweeps < 1 || m.Sweeps > 1<<10:
		return fmt.Errorf("grid: model: sweeps: got %d, want 1 to 1024", m.Sweeps)
	case !(m.Contrast >= 0) || math.IsInf(m.Contrast, 0):
		return fmt.Errorf("grid: model: contrast: got %v, want a finite number of at least 0", m.Contrast)
	case len(m.Weights) != m.size():
		return fmt.Errorf("grid: model: weights: got %d, want %d", len(m.Weights), m.size())
	}
	return finite("weight", m.Weights)
}

// largest bounds features and weights so that their products and sums are finite.
const largest = 1e100

func finite(what string, x []float64) error {
	for i, v := range x {
		if !(math.Abs(v) <= largest) {
			return fmt.Errorf("grid: %s %d: got %v, want a number of at most %g in size", what, i, v, largest)
		}
	}
	return nil
}

// fits says what is wrong with an image.
func (m *Model) fits(x Image) error {
	if x.Height < 1 || x.Width < 1 || x.Height > 1<<15 || x.Width > 1<<15 {
		return fmt.Errorf("grid: image: got %d×%d pixels, want 1 to 32768 each way", x.Height, x.Width)
	}
	if len(x.Features) != x.Pixels()*m.Features {
		return fmt.Errorf("grid: image: got %d features, want %d for each of %d×%d pixels", len(x.Features), m.Features, x.Height, x.Width)
	}
	return finite("feature", x.Features)
}

// labelled says what is wrong with the labels of an example.
func (m *Model) labelled(e Example) error {
	if err := m.fits(e.Image); err != nil {
		return err
	}
	if len(e.Labels) != e.Pixels() {
		return fmt.Errorf("grid: example: got %d labels, want one for each of %d pixels", len(e.Labels), e.Pixels())
	}
	for i, y := range e.Labels {
		if y < 0 || y >= m.Labels {
			return fmt.Errorf("grid: example: label of pixel %d: got %d, want 0 to %d", i, y, m.Labels-1)
		}
	}
	return nil
}

// Score returns Σ_i u_i(y_i) + Σ_{i→j} P_ij(y_i, y_j), of which exp is p(y|x) Z.
func (m *Model) Score(e Example) (float64, error) {
	if err := m.check(); err != nil {
		return 0, err
	}
	if err := m.labelled(e); err != nil {
		return 0, err
	}
	l, c, s := m.lattice(e.Image), m.Labels, 0.
	for i, y := range e.Labels {
		s += l.u[i*c+y]
		for d := range directions {
			if j, ok := l.after(i, d); ok {
				s += l.potential(d, i, y, e.Labels[j])
			}
		}
	}
	return s, nil
}
