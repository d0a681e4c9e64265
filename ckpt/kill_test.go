package ckpt

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
)

// childEnv makes the test binary save in a loop until it is killed: MODE=DIR.
const childEnv = "ELBO_CKPT_TEST_CHILD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(childEnv); spec != "" {
		mode, dir, _ := strings.Cut(spec, "=")
		fmt.Println("error", child(mode, dir)) // saving ends only with an error
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// bulk makes a checkpoint of about n bytes whose content follows from its step.
func bulk(step int64, n int) Checkpoint {
	data := make([]byte, n/8*8)
	x := uint64(step)*0x9e3779b97f4a7c15 + 1
	for i := 0; i < len(data); i += 8 { // xorshift64
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		binary.LittleEndian.PutUint64(data[i:], x)
	}
	half := len(data) / 16 * 8
	return Checkpoint{
		Step:      step,
		Model:     []Tensor{{"w", "F32", []int{half / 4}, data[:half]}},
		Optimizer: []Tensor{{"m", "F64", []int{(len(data) - half) / 8}, data[half:]}},
		State:     []byte(`{"step":` + strconv.FormatInt(step, 10) + `}`),
	}
}

// The sizes that the children save, in bytes.
const (
	bigSave   = 2 << 20
	smallSave = 1 << 10 // so that most of the time goes into retention
)

// isBest marks the steps that a child saves as the best.
func isBest(step int64) bool { return step%3 == 1 }

// child saves step after step and prints each one after Save returned.
func child(mode, dir string) error {
	if mode == "inplace" {
		return childInPlace(filepath.Join(dir, "model.safetensors"))
	}
	size := bigSave
	if mode == "small" {
		size = smallSave
	}
	s, err := Open(dir)
	if err != nil {
		return err
	}
	c, _, err := s.LoadNewestValid()
	if err != nil && !errors.Is(err, ErrNoCheckpoint) {
		return err
	}
	fmt.Println("ready")
	for step := c.Step + 1; ; step++ {
		c := bulk(step, size)
		fmt.Println("begin", step)
		if err := s.Save(c, SaveOptions{Best: isBest(step)}); err != nil {
			return err
		}
		fmt.Println("saved", step)
	}
}

// childInPlace is the writer that everybody writes first: it overwrites the file.
func childInPlace(path string) error {
	fmt.Println("ready")
	for step := int64(1); ; step++ {
		c := bulk(step, bigSave)
		fmt.Println("begin", step)
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		w := bufio.NewWriter(f)
		for chunk := range bytesOf(c.Model) {
			if _, err := w.Write(chunk); err != nil {
				return err
			}
		}
		if err := errors.Join(w.Flush(), f.Sync(), f.Close()); err != nil {
			return err
		}
		fmt.Println("saved", step)
	}
}

// bytesOf yields a safetensors file in chunks of a page.
func bytesOf(tensors []Tensor) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		var b bytes.Buffer
		if err := WriteTensors(&b, tensors, nil); err != nil {
			return
		}
		for b.Len() > 0 && yield(b.Next(4096)) {
			continue
		}
	}
}

// runAndKill starts a child and kills it some milliseconds after it is ready. It returns the
// last step that the child saw saved and whether it died inside a save.
func runAndKill(t *testing.T, mode, dir string, after time.Duration) (saved int64, inside bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+mode+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		step, _ := strconv.ParseInt(rest, 10, 64)
		switch word {
		case "ready":
			timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
			defer timer.Stop()
		case "begin":
			inside = true
		case "saved":
			saved, inside = step, false
		default:
			t.Fatalf("child: %s", lines.Text())
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("child: got %v, want it killed", err)
	}
	return saved, inside
}

// kills returns how many children to kill: ELBO_CRASH_N scaled, or def.
func kills(t *testing.T, def, num, den int) int {
	t.Helper()
	if v := os.Getenv("ELBO_CRASH_N"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			t.Fatalf("ELBO_CRASH_N: got %q, want a number above 0", v)
		}
		return max(n*num/den, 1)
	}
	if testing.Short() {
		return def / 4
	}
	return def
}

// killLoop kills children in a row on one folder and checks after each that nothing
// acknowledged is lost and every step that stands is whole.
func killLoop(t *testing.T, mode string, size, n int) {
	dir := t.TempDir()
	delay := rng.New(1).Named("kill").Named(mode).Rand()
	start, acked, inside, lost, corrupt := time.Now(), int64(0), 0, 0, 0
	for range n {
		after := 5*time.Millisecond + time.Duration(delay.IntN(60_000))*time.Microsecond
		saved, in := runAndKill(t, mode, dir, after)
		acked = max(acked, saved)
		if in {
			inside++
		}
		l, c := checkAfterKill(t, dir, size, acked)
		lost, corrupt = lost+l, corrupt+c
		if t.Failed() {
			break
		}
	}
	t.Logf("%d kills in %v, %d inside Save, last acknowledged step %d, %d lost, %d corrupt",
		n, time.Since(start).Round(time.Millisecond), inside, acked, lost, corrupt)
	if inside == 0 {
		t.Error("kills inside Save: got 0, want some: the delays do not fit this machine")
	}
}

// checkAfterKill opens the folder as the next process would.
func checkAfterKill(t *testing.T, dir string, size int, acked int64) (lost, corrupt int) {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Errorf("open after a kill: %v", err)
		return 0, 0
	}
	defer s.Close()
	wantClean(t, dir)
	steps, err := s.Steps()
	if err != nil {
		t.Error(err)
	}
	for _, step := range steps {
		if c, err := s.LoadStep(step); err != nil || !equal(c, bulk(step, size)) {
			corrupt++
			t.Errorf("step %d: got %v or other bytes, want it whole", step, err)
		}
	}
	last, err := s.Load("last")
	if acked > 0 && (err != nil || last.Step < acked) {
		lost++
		t.Errorf("last: got step %d, %v, want %d or later", last.Step, err, acked)
	}
	lastBest := acked
	for lastBest > 0 && !isBest(lastBest) {
		lastBest--
	}
	best, err := s.Load("best")
	if lastBest > 0 && (err != nil || best.Step < lastBest || !isBest(best.Step)) {
		lost++
		t.Errorf("best: got step %d, %v, want %d or later", best.Step, err, lastBest)
	}
	return lost, corrupt
}

func TestKillWhileSavingLosesNothing(t *testing.T) {
	killLoop(t, "big", bigSave, kills(t, 40, 1, 1))
}

func TestKillDuringRetentionKeepsNewestAndBest(t *testing.T) {
	killLoop(t, "small", smallSave, kills(t, 20, 1, 5))
}

// TestKillTearsInPlaceWriter shows that the harness sees torn files where there are some.
func TestKillTearsInPlaceWriter(t *testing.T) {
	n, torn := kills(t, 20, 1, 2), 0
	killed := 0
	dir := t.TempDir()
	delay := rng.New(1).Named("kill in place").Rand()
	for ; killed < n || torn == 0 && killed < 200; killed++ { // one in five is torn or more
		runAndKill(t, "inplace", dir, 5*time.Millisecond+time.Duration(delay.IntN(60_000))*time.Microsecond)
		data, err := os.ReadFile(filepath.Join(dir, "model.safetensors"))
		if errors.Is(err, os.ErrNotExist) {
			continue // killed before it began
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ParseTensors(data, Limits{}); err != nil {
			torn++
		}
	}
	t.Logf("%d kills, %d torn files", killed, torn)
	if torn == 0 {
		t.Errorf("torn files: got 0 in %d kills, want some: the harness cannot see them", killed)
	}
}
