//go:build !race

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
)

// peakOut is set in the process that trains for a test of memory: the folder of its run.
const peakOut = "ELBO_TEST_PEAK_OUT"

// needMNIST skips a test where the files of MNIST are in no data root.
func needMNIST(t *testing.T) {
	t.Helper()
	for _, root := range data.Roots("") {
		if found, _ := filepath.Glob(filepath.Join(root, "mnist", "*-ubyte*")); len(found) >= 4 {
			return
		}
	}
	t.Skip("MNIST is in no data root")
}

// The rows are 70,000 × 784 values, 209 MiB; validation and test rows are kept a second time
// as 0 and 1, 36 MiB.
func TestMNISTTrainsWithinFourHundredMegabytes(t *testing.T) {
	if out := os.Getenv(peakOut); out != "" {
		boundGarbage()
		code := run(context.Background(), []string{"train", "vae", "--data", "mnist", "--epochs", "1", "-q", "--out", out},
			streams{strings.NewReader(""), io.Discard, os.Stderr})
		status, err := os.ReadFile("/proc/self/status")
		fmt.Printf("exit %d, %v, %s\n", code, err, status)
		return
	}
	if testing.Short() {
		t.Skip("trains for an epoch")
	}
	needMNIST(t)
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GOGC=") }),
		peakOut+"="+filepath.Join(t.TempDir(), "run"))
	out, err := cmd.CombinedOutput()
	peak := regexp.MustCompile(`exit 0, <nil>[^$]*VmHWM:\s*(\d+) kB`).FindSubmatch(out)
	if err != nil || peak == nil {
		t.Fatalf("%v: %s", err, out)
	}
	kib, _ := strconv.Atoi(string(peak[1]))
	if t.Logf("peak %d MiB", kib>>10); kib > 400<<10 {
		t.Errorf("got a peak of %d MiB resident, want at most 400", kib>>10)
	}
}

func TestEnvironmentDecidesAboutGarbageIfItSaysSo(t *testing.T) {
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "77")
	boundGarbage()
	if got := debug.SetGCPercent(77); got != 77 {
		t.Errorf("with GOGC set: got %d %%, want 77 %%", got)
	}
	t.Setenv("GOGC", "")
	boundGarbage()
	if got := debug.SetGCPercent(before); got != garbage {
		t.Errorf("without: got %d %%, want %d %%", got, garbage)
	}
}
