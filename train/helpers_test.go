package train

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
	_ "github.com/elbo-go/elbo/vae/all"
)

// TestMain fails if a test leaves goroutines behind, beyond those of the compute backend's
// worker pool.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir))
	}
	before := runtime.NumGoroutine()
	code := m.Run()
	for range 50 {
		if runtime.NumGoroutine() <= before+2*runtime.GOMAXPROCS(0)+2 {
			os.Exit(code)
		}
		time.Sleep(20 * time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	fmt.Printf("%d goroutines at the end, %d at the start\n%s\n", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
	os.Exit(1)
}

// stripes makes n grey 4×4 images with one bright row each, plus a little noise.
func stripes(n int, key rng.Key) *data.Set {
	s := &data.Set{Name: "stripes", Shape: []int{4, 4}, X: make([]float32, n*16)}
	key.Uniform(s.X)
	for i := range n {
		bright := i % 4
		s.Labels = append(s.Labels, int32(bright))
		for j := range 16 {
			v := &s.X[i*16+j]
			*v *= .2
			if j/4 == bright {
				*v += .8
			}
		}
	}
	s.Classes = []string{"0", "1", "2", "3"}
	return s
}

// quadrants makes n grey 8×8 images with one bright quadrant each, plus a little noise.
func quadrants(n int, key rng.Key) *data.Set {
	s := &data.Set{Name: "quadrants", Shape: []int{8, 8}, X: make([]float32, n*64)}
	key.Uniform(s.X)
	for i := range s.X {
		s.X[i] *= .2
		if i/64%4 == i%64/32*2+i%8/4 {
			s.X[i] += .8
		}
	}
	return s
}

// table makes n rows of a correlated five-column Gaussian table.
func table(n int, key rng.Key) *data.Set {
	z := make([]float32, n*7)
	key.Normal(z)
	s := &data.Set{Name: "table", Shape: []int{5}, X: make([]float32, n*5)}
	for i := range n {
		a, b := z[i*7], z[i*7+1]
		for j := range 5 {
			s.X[i*5+j] = a*float32(j)/3 - b*float32(2-j)/2 + .3*z[i*7+2+j]
		}
	}
	return s
}

// splitsOf makes the three parts from a generator.
func splitsOf(gen func(int, rng.Key) *data.Set, train, valid, test int) *data.Splits {
	k := rng.New(99)
	return &data.Splits{Train: gen(train, k.Named("train")), Valid: gen(valid, k.Named("valid")), Test: gen(test, k.Named("test"))}
}

// tiny is a run of 10 steps an epoch on stripes: 150 rows, 16 a batch, the last one smaller.
func tiny() (Config, *data.Splits) {
	c := Default()
	c.Epochs, c.Batch, c.Hidden, c.Latent, c.BetaSchedule = 4, 16, []int{8}, 3, "linear"
	return c, splitsOf(stripes, 150, 20, 20)
}

// tinyFor is tiny for the named model, on a table or on larger images where it wants them.
func tinyFor(name string) (Config, *data.Splits) {
	c, s := tiny()
	c.Model = name
	spec, _ := vae.Lookup(name)
	c.Options = spec.Small()
	if spec.Tables || name == "linear-vae" {
		s = splitsOf(table, 150, 20, 20)
	}
	for _, n := range vae.Nets() {
		if n.Images && n.Name == c.Network(Facts{}).Net {
			c.Channels, s = []int{3}, splitsOf(quadrants, 150, 20, 20)
		}
	}
	return c, s
}

// lastCheckpoint loads the last checkpoint of a run.
func lastCheckpoint(t *testing.T, dir string) ckpt.Checkpoint {
	t.Helper()
	s, err := ckpt.OpenReadOnly(filepath.Join(dir, checkpoints))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := s.Load("last")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// digest is the sha256 of the model and optimizer arrays of the last checkpoint of a run.
func digest(t *testing.T, dir string) string {
	t.Helper()
	c := lastCheckpoint(t, dir)
	h := sha256.New()
	for _, x := range append(c.Model, c.Optimizer...) {
		fmt.Fprint(h, x.Name, x.Shape)
		h.Write(x.Data)
	}
	binary.Write(h, binary.LittleEndian, c.Step)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// trace records the running bound after every step, bit for bit.
type trace map[int64]uint64

func (tr trace) observer() Observer {
	return Observer{Step: func(p Progress) { tr[p.Step] = math.Float64bits(p.Record.Bound) }}
}

// start runs Start in a new directory and fails the test on an error.
func start(t *testing.T, c Config, s *data.Splits, obs Observer) (*Run, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	run, err := Start(context.Background(), c, s, dir, "test", obs)
	if err != nil {
		t.Fatal(err)
	}
	return run, dir
}
