package supervised

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train/rundir"
)

// childDir and childData name the variables that make the test binary fit in a directory and exit.
const (
	childDir  = "ELBO_TEST_SUPERVISED_DIR"
	childData = "ELBO_TEST_SUPERVISED_DATA"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir, os.Getenv(childData)))
	}
	os.Exit(m.Run())
}

// killed is the fit that is killed: long enough to outlive some kills, with a checkpoint an epoch.
func killed(path string) Config {
	c := tiny(path, "y")
	c.Method, c.Batch, c.Epochs, c.SaveEvery = "swag", 20, 15*kills(), 0
	return c
}

// kills returns how often to kill: 4, or ELBO_KILLS.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("ELBO_KILLS")); err == nil {
		return n
	}
	return 4
}

// child starts or resumes the run of a directory.
func child(dir, path string) int {
	c := killed(path)
	tab, err := OpenTable(context.Background(), c, nil)
	if err == nil && rundir.IsRun(dir) {
		_, err = Resume(context.Background(), dir, tab, nil, Observer{})
	} else if err == nil {
		_, err = Start(context.Background(), c, tab, dir, "child", Observer{})
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// A fit that is killed with SIGKILL again and again, and resumed, ends with the bytes of one that
// was left alone.
func TestAKilledFitEndsAlike(t *testing.T) {
	path := numberColumns(t, 60)
	c := killed(path)
	whole := start(t, c)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	again := func() *exec.Cmd {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), childDir+"="+dir, childData+"="+path)
		return cmd
	}
	random := rng.New(17).Rand()
	for i := range kills() {
		cmd := again()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(60+random.IntN(150)) * time.Millisecond)
		_ = cmd.Process.Signal(syscall.SIGKILL)
		if exit := new(exec.ExitError); !errors.As(cmd.Wait(), &exit) || exit.ExitCode() >= 0 {
			t.Logf("child %d ended by itself", i+1)
			break
		}
	}
	steps := stepsOf(t, dir)
	t.Logf("killed up to %d times; checkpoints %v of %d epochs", kills(), steps, len(whole.History))
	if out, err := again().CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"net.json", "metrics.jsonl", "eval.json", "calibration.json"} {
		if file(t, dir, name) != file(t, whole.Dir, name) {
			t.Errorf("%s differs", name)
		}
	}
}
