package train

import (
	"context"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/vae"
)

// errorRate is the share of rows x of a set whose class the model does not find, of those that have one; nil
// for a model that finds none, and where no row has any.
func errorRate(ctx context.Context, net *vae.Network, x []float32, s *data.Set) (*float64, error) {
	if !net.Can()["classify"] || s.Len() == 0 {
		return nil, nil
	}
	p, err := net.Classify(ctx, x)
	if err != nil {
		return nil, err
	}
	wrong, known := 0, 0
	for i, row := range data.Rows(p, net.Config.Classes) {
		if l := int(s.Labels[i]); l >= 0 {
			known++
			if largest(row) != l {
				wrong++
			}
		}
	}
	if known == 0 {
		return nil, nil
	}
	rate := float64(wrong) / float64(known)
	return &rate, nil
}

// largest is the index of the largest value, the first of equal ones.
func largest(v []float32) int {
	at := 0
	for i, x := range v {
		if x > v[at] {
			at = i
		}
	}
	return at
}
