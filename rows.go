package elbo

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/data"
)

// Rows opens the data that the run learnt from and returns its "train", "valid" or "test"
// rows, in the units of the data and in their fixed random order. Rows that were not trained
// on are what [Model.Threshold] wants.
func (m *Model) Rows(ctx context.Context, part string) (*data.Set, error) {
	if err := m.withData(ctx); err != nil {
		return nil, err
	}
	s := m.run.Rows.Splits
	set, ok := map[string]*data.Set{"train": s.Train, "valid": s.Valid, "test": s.Test}[part]
	if !ok {
		return nil, fmt.Errorf("elbo: rows: got %q, want train, valid or test", part)
	}
	if len(m.run.Info.Columns) == 0 {
		return set, nil
	}
	raw := *set
	raw.X = make([]float32, 0, len(set.X))
	for _, row := range m.fromModel(append([]float32(nil), set.X...)) {
		raw.X = append(raw.X, row...)
	}
	return &raw, nil
}

// withData opens the data of a run that was loaded without them.
func (m *Model) withData(ctx context.Context) error {
	m.data.Lock()
	defer m.data.Unlock()
	if m.run.Rows != nil {
		return nil
	}
	return m.run.WithData(ctx)
}
