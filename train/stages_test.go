package train

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name: "test-staged", Summary: "three stages, for tests", Scheduled: true,
		Stages: func(vae.Config) []vae.Stage {
			return []vae.Stage{
				{Name: "both", Share: .5, Start: note},
				{Name: "decoder", Share: .5, Start: note},
				{Name: "end", Start: note},
			}
		},
		New: func(c vae.Config) vae.Model {
			spec, _ := vae.Lookup("vae")
			return staged{spec.New(c)}
		},
	})
}

// staged is the VAE whose encoder stays as it is after the first stage.
type staged struct{ vae.Model }

// Terms implements [vae.Model].
func (m staged) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	t := m.Model.Terms(s, b, e)
	if b.Stage > 0 {
		t.Routes = []optim.Route{{Scope: "encoder"}}
	}
	return t
}

// note counts the starts in a parameter, with the number of the rows it was given.
func note(ctx context.Context, n *vae.Network, x []float32, key rng.Key) error {
	starts := []float64{0, 0}
	have, err := n.Params.Export()
	if err != nil {
		return err
	}
	for _, a := range have {
		if a.Name == "starts" {
			starts = a.Data
		}
	}
	starts = []float64{starts[0] + 1, float64(len(x) / n.Width())}
	return n.Params.Import([]model.Array{{Name: "starts", Dims: []int{2}, Data: starts}})
}

// values returns the array of a name in a checkpoint.
func values(t *testing.T, c ckpt.Checkpoint, name string) []float32 {
	t.Helper()
	for _, x := range slices.Concat(c.Model, c.Optimizer) {
		if x.Name == name {
			v, err := x.Float32s()
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("checkpoint: got no array %s", name)
	return nil
}

func TestStagesFollowEachOther(t *testing.T) {
	c, s := tinyFor("test-staged")
	c.Epochs = 4
	half, full := c, c
	half.Epochs = 4
	var atHalf []float32
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Start(ctx, half, s, dir, "test", Observer{Epoch: func(e vi.Epoch, best bool) {
		if e.Epoch == 2 {
			cancel()
		}
		if best != (e.Epoch > 2) && e.Epoch <= 2 {
			t.Errorf("epoch %d of the first stage: got the best, want those of the last stage to compete", e.Epoch)
		}
	}})
	if !errors.Is(err, ErrInterrupted) {
		t.Fatalf("got %v, want an interruption", err)
	}
	atHalf = values(t, lastCheckpoint(t, dir), "encoder/mean/weight")
	run, err := Resume(t.Context(), dir, s, nil, Observer{})
	if err != nil {
		t.Fatal(err)
	}
	last := lastCheckpoint(t, dir)
	if !reflect.DeepEqual(values(t, last, "encoder/mean/weight"), atHalf) {
		t.Error("encoder: changed in the second stage, want it as the first left it")
	}
	if got := values(t, last, "starts"); got[0] != 3 || got[1] != float32(s.Train.Len()) {
		t.Errorf("starts: got %v, want 3 of %d rows", got, s.Train.Len())
	}
	var names []string
	for _, e := range run.History {
		names = append(names, e.Stage)
	}
	if want := []string{"both", "both", "decoder", "decoder"}; !slices.Equal(names, want) {
		t.Errorf("stages of the epochs: got %v, want %v", names, want)
	}
	if run.State.Best == nil || run.State.Best.Epoch < 3 || run.State.Started != 3 {
		t.Errorf("got best %+v after %d starts, want one of the last stage after 3", run.State.Best, run.State.Started)
	}
	again, err := Start(t.Context(), full, s, filepath.Join(t.TempDir(), "again"), "test", Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := digest(t, dir), digest(t, again.Dir); a != b {
		t.Errorf("parameters after an interruption between the stages: got %s, want %s", a, b)
	}
}

// The first step of a stage is the first step of Adam: it has the length of the rate.
func TestStepsAndSchedulesBeginAnewInAStage(t *testing.T) {
	c, s := tinyFor("test-staged")
	c.Epochs, c.BetaSchedule, c.BetaWarmup = 4, "linear", .5
	run, _ := start(t, c, s, Observer{})
	var beta []float64
	for _, e := range run.History {
		beta = append(beta, e.Beta)
	}
	if !(beta[0] < beta[1] && beta[2] == beta[0] && beta[3] == beta[1]) {
		t.Errorf("β of the epochs: got %v, want it to begin anew", beta)
	}
}

func TestTimetables(t *testing.T) {
	stages := []vae.Stage{{Name: "a", Share: .5}, {Name: "start"}, {Name: "b", Share: .5}, {Name: "end"}}
	plan, err := Config{Epochs: 5}.timetable(stages)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{3, 3, 5, 5}; !slices.Equal(plan.ends, want) {
		t.Errorf("ends: got %v, want %v", plan.ends, want)
	}
	for epochs, want := range []int{0, 0, 0, 2, 2, 2} {
		if got := plan.at(epochs); got != want {
			t.Errorf("stage after %d epochs: got %d, want %d", epochs, got, want)
		}
	}
	if plan.last(0) || plan.last(1) || !plan.last(2) {
		t.Error("want stage 2 to be the last with epochs")
	}
	// A share that rounds to no epoch has one nevertheless, at the cost of its neighbours.
	for want, stages := range map[[2]int][]vae.Stage{
		{1, 5}: {{Name: "a", Share: .05}, {Name: "b", Share: .95}},
		{4, 5}: {{Name: "a", Share: .99}, {Name: "b", Share: .01}},
		{3, 5}: {{Name: "a", Share: .6}, {Name: "b", Share: .4}},
	} {
		plan, err := (Config{Epochs: 5}).timetable(stages)
		if err != nil || !slices.Equal(plan.ends, want[:]) {
			t.Errorf("got %v, %v, want %v", plan.ends, err, want)
		}
	}
	for want, bad := range map[string][]vae.Stage{
		"want at least 3, one for each of its stages a, b, d": {{Name: "a", Share: .3}, {Name: "b", Share: .3}, {Name: "c"}, {Name: "d", Share: .4}},
		"sum to 0.9": {{Share: .4}, {Share: .5}},
	} {
		if _, err := (Config{Epochs: 2}).timetable(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
