package train

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// A network that is opened for use has all its arrays, trained or not, but not the optimizer's.
func TestOpenedNetworksHaveTheirArraysThatAreNotTrained(t *testing.T) {
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	p := model.NewParams(b, dtypes.Float32, rng.New(1))
	if err := p.Import([]model.Array{
		{Name: "w", Trainable: true, Dims: []int{1}, Data: []float64{1}},
		{Name: "optimizer/w/m", Dims: []int{1}, Data: []float64{2}},
		{Name: "encoder/mean/running", Dims: []int{1}, Data: []float64{3}},
	}); err != nil {
		t.Fatal(err)
	}
	c, err := snapshot(p, State{Format: stateFormat})
	if err != nil {
		t.Fatal(err)
	}
	for optimizer, want := range map[bool][]string{
		true:  {"w", "optimizer/w/m", "encoder/mean/running"},
		false: {"w", "encoder/mean/running"},
	} {
		q := model.NewParams(b, dtypes.Float32, rng.New(2))
		if _, err := restore(c, q, optimizer); err != nil {
			t.Fatal(err)
		}
		if got := q.Names(); !slices.Equal(got, want) || q.Count() != 1 {
			t.Errorf("got %v with %d trained values, want %v with 1", got, q.Count(), want)
		}
	}
}
