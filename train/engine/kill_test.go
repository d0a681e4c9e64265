package engine

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train/rundir"
)

// childDir and childData name the variables that make the test binary fit in a directory and exit.
const (
	childDir  = "ELBO_TEST_ENGINE_DIR"
	childData = "ELBO_TEST_ENGINE_DATA"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir, os.Getenv(childData)))
	}
	os.Exit(m.Run())
}

// killed is a fit of some hundred milliseconds with a checkpoint a step.
func killed(path string) Config {
	c := rootConfig(path)
	c.SaveEvery, c.Options["steps"] = 0, "40"
	return c
}

// child starts or resumes the run of a directory.
func child(dir, path string) int {
	c := killed(path)
	task, err := Open(context.Background(), c)
	if err == nil && rundir.IsRun(dir) {
		_, err = Resume(context.Background(), dir, task, nil, Observer{})
	} else if err == nil {
		_, err = Start(context.Background(), c, task, dir, "child", Observer{})
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// A fit that is killed with SIGKILL again and again, and resumed, ends with the bytes of one that was
// left alone.
func TestAKilledFitEndsAlike(t *testing.T) {
	path := number(t, 11)
	whole := start(t, killed(path))
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
	for i := range 4 {
		cmd := again()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(40+random.IntN(120)) * time.Millisecond)
		_ = cmd.Process.Signal(syscall.SIGKILL)
		if exit := new(exec.ExitError); !errors.As(cmd.Wait(), &exit) || exit.ExitCode() >= 0 {
			t.Logf("child %d ended by itself", i+1)
			break
		}
	}
	if out, err := again().CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{modelFile, rundir.ResultFile} {
		if file(t, dir, name) != file(t, whole.Dir, name) {
			t.Errorf("%s differs", name)
		}
	}
	r, err := Load(dir)
	if err != nil || bare(r.History) != bare(whole.History) {
		t.Errorf("the history differs (%v)", err)
	}
}
