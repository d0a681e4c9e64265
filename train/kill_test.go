package train

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

// childDir names the variable that makes the test binary train in a directory and exit.
const childDir = "ELBO_TEST_TRAIN_DIR"

// killed is the run that is killed: long enough to outlive all kills, with a checkpoint every
// third step.
func killed() Config {
	c, _ := tiny()
	c.Epochs, c.SaveEvery = 8*kills(), 3
	return c
}

// child starts or resumes the run of a directory.
func child(dir string) int {
	_, s := tiny()
	var err error
	if rundir.IsRun(dir) {
		_, err = Resume(context.Background(), dir, s, nil, Observer{})
	} else {
		_, err = Start(context.Background(), killed(), s, dir, "child", Observer{})
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// kills returns how often to kill: 20, or ELBO_KILLS.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("ELBO_KILLS")); err == nil {
		return n
	}
	return 20
}

// A run that is killed with SIGKILL again and again, and resumed, ends with the parameters
// of the uninterrupted run, bit for bit.
func TestKilledRunEndsAlike(t *testing.T) {
	_, s := tiny()
	_, whole := start(t, killed(), s, Observer{})
	want := digest(t, whole)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	random := rng.New(17).Rand()
	for i := range kills() {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(30+random.IntN(120)) * time.Millisecond)
		_ = cmd.Process.Signal(syscall.SIGKILL)
		err := cmd.Wait()
		if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() >= 0 {
			t.Fatalf("child %d ended by itself: %v", i+1, err)
		}
	}
	t.Logf("killed %d times, at step %d of %d", kills(), lastCheckpoint(t, dir).Step, lastCheckpoint(t, whole).Step)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := digest(t, dir); got != want {
		t.Errorf("parameters %s, want %s", got, want)
	}
	sameHistory(t, whole, dir)
}
