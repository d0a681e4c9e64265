//go:build !race

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// capOf is set in the process that solves for a test of memory: the instance and its cap.
const capOf = "ELBO_TEST_CAP_OF"

// The cap is the estimate itself, which no smaller one is let through. The program, its libraries
// and the model take less than 40 MiB beside the tables.
func TestSolvingStaysWithinItsCap(t *testing.T) {
	if instance, memory, ok := strings.Cut(os.Getenv(capOf), " "); ok {
		boundGarbage()
		code := run(context.Background(), []string{"solve", instance, "--task", "MAR", "--memory", memory}, streams{strings.NewReader(""), io.Discard, os.Stderr})
		status, err := os.ReadFile("/proc/self/status")
		fmt.Printf("exit %d, %v, %s\n", code, err, status)
		return
	}
	if testing.Short() {
		t.Skip("solves instances of a competition")
	}
	for _, name := range []string{"DBN_14", "Grids_13", "ObjectDetection_11"} {
		path := tk.DataPath(t, "uai2014", name+".uai.gz")
		refused := call(t.Context(), "query", path, "--memory", "1MiB")
		found := regexp.MustCompile(`got an estimate of ([0-9.e+]+) bytes`).FindStringSubmatch(refused.err)
		if refused.code != exitFailed || found == nil {
			t.Fatalf("%s: exit %d: %s", name, refused.code, refused.err)
		}
		estimate, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		estimate *= 1.005 // it is printed with three digits
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GOGC=") }),
			fmt.Sprintf("%s=%s %.0f", capOf, path, estimate))
		out, err := cmd.CombinedOutput()
		peak := regexp.MustCompile(`exit 0, <nil>[^$]*VmHWM:\s*(\d+) kB`).FindSubmatch(out)
		if err != nil || peak == nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		kib, _ := strconv.ParseFloat(string(peak[1]), 64)
		if t.Logf("%s: cap %.0f MiB, peak %.0f MiB", name, estimate/(1<<20), kib/1024); kib*1024 > estimate+40<<20 {
			t.Errorf("%s: got a peak of %.0f MiB resident, want at most %.0f and 40 for the program", name, kib/1024, estimate/(1<<20))
		}
	}
}
