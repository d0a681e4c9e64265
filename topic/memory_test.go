//go:build unix

package topic

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

const streamed = "ELBO_TOPIC_STREAM"

// It is the child of the test below: it learns from the file that the environment names.
func TestLearningFromAFileByStream(t *testing.T) {
	path := os.Getenv(streamed)
	if path == "" {
		t.Skip("a part of the test of memory")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := Default(10)
	c.Inner, c.Batch = 3, 256
	s := learner(t, 2000, c)
	if err := s.FitStream(t.Context(), corpus.NewLDAC(f, corpus.Limits{}), 0); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("learned from %d documents\n", s.Seen)
}

func TestAFileTenTimesAsLongNeedsNoMoreResidentMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	docs, dir := small(71, 3000, 2000, 80), t.TempDir()
	resident := func(times int) float64 {
		path := filepath.Join(dir, fmt.Sprint(times))
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriter(f)
		for range times {
			for d := range docs.Len() {
				x := docs.Doc(d)
				fmt.Fprint(w, len(x.Terms))
				for i, v := range x.Terms {
					fmt.Fprintf(w, " %d:%d", v, x.Counts[i])
				}
				fmt.Fprintln(w)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLearningFromAFileByStream$", "-test.v")
		cmd.Env = append(os.Environ(), streamed+"="+path)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if want := fmt.Sprintf("learned from %d documents", times*docs.Len()); !strings.Contains(string(out), want) {
			t.Fatalf("got %s, want one that has %s", out, want)
		}
		return float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	one, ten := resident(1), resident(10)
	t.Logf("resident at most: %.0f, of ten times the file %.0f (%.2f times)", one, ten, ten/one)
	// the documents alone would take 17 MB more, as much as the process
	if ten > 1.15*one {
		t.Errorf("got %.0f resident for ten times the file, want those of once, %.0f", ten, one)
	}
}
