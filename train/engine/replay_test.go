package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// counting makes five sweeps and returns their number.
func counting(heard func(Record)) int {
	for i := range 5 {
		heard(Record{Sweep: i + 1})
	}
	return 5
}

func TestAReplayedFitIsHeardFromWhereItStopped(t *testing.T) {
	for _, from := range []*Snapshot{nil, {State: []byte(`{"sweeps":0}`)}, {State: []byte(`{"sweeps":3}`)}, {State: []byte(`{"sweeps":9}`)}} {
		var heard []int
		var last Snapshot
		step := func(r Record, take func() (Snapshot, error)) (err error) {
			heard = append(heard, r.Sweep)
			last, err = take()
			return err
		}
		_, err := Replayed(t.Context(), from, step, func(_ context.Context, heard func(Record)) (Model, error) {
			counting(heard)
			return nil, nil
		})
		want := []int{1, 2, 3, 4, 5}
		if from != nil {
			want = want[min(5, int(from.State[len(from.State)-2]-'0')):]
		}
		if err != nil || !slices.Equal(heard, want) {
			t.Errorf("from %v: got %v, %v, want %v", from, heard, err, want)
		}
		if len(want) > 0 && string(last.State) != `{"sweeps":5}` {
			t.Errorf("got snapshot %s", last.State)
		}
	}
}

func TestAStepThatFailsEndsAReplayedFit(t *testing.T) {
	full := errors.New("no room")
	calls := 0
	_, err := Replayed(t.Context(), nil, func(Record, func() (Snapshot, error)) error { calls++; return full },
		func(ctx context.Context, heard func(Record)) (Model, error) {
			counting(heard)
			return nil, ctx.Err()
		})
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("got %v after %d calls, want the step's error after one", err, calls)
	}
	for _, state := range []string{"", "x", `{"sweeps":-1}`} {
		if _, err := Replayed(t.Context(), &Snapshot{State: []byte(state)}, nil, nil); err == nil || !strings.Contains(err.Error(), "want the number of sweeps") {
			t.Errorf("%q: got %v", state, err)
		}
	}
}
