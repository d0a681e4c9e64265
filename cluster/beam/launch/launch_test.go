package launch

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

func init() {
	register.DoFn2x1[context.Context, int, error](&visit{})
	register.Function1x1(unready)
}

// visit notes the elements that it is given.
type visit struct{}

var (
	mu      sync.Mutex
	visited []int
	fail    atomic.Int32 // so many more visits fail
)

// ProcessElement implements the DoFn.
func (*visit) ProcessElement(_ context.Context, i int) error {
	mu.Lock()
	defer mu.Unlock()
	if fail.Add(-1) >= 0 {
		return errors.New("no luck")
	}
	visited = append(visited, i)
	return nil
}

// unready does not return while the test runs that uses it.
func unready(i int) int {
	time.Sleep(2 * time.Second)
	return i
}

// numbers visits 0 … 4.
func numbers(s beam.Scope) { beam.ParDo0(s, &visit{}, beam.CreateList(s, []int{0, 1, 2, 3, 4})) }

// run runs numbers, of which the first visits fail.
func run(t *testing.T, o Options, failing int32) ([]int, error) {
	t.Helper()
	visited = nil
	fail.Store(failing)
	err := o.Run(t.Context(), numbers)
	slices.Sort(visited)
	return slices.Compact(visited), err
}

func TestPipelinesRunOnEveryEngineOfThisProcess(t *testing.T) {
	for _, runner := range []string{"direct", "prism", "prism"} { // the second on the engine of the first
		if got, err := run(t, Options{Runner: runner}, 0); err != nil || fmt.Sprint(got) != "[0 1 2 3 4]" {
			t.Errorf("%s: got visits %v and error %v", runner, got, err)
		}
	}
}

func TestAPipelineThatFailsIsTriedAgain(t *testing.T) {
	for _, runner := range []string{"direct", "prism"} {
		var told []int
		o := Options{Runner: runner, Attempts: 3, Note: func(n int, err error) {
			if !strings.Contains(err.Error(), "no luck") {
				t.Errorf("got error %v, want that of the pipeline", err)
			}
			told = append(told, n)
		}}
		if got, err := run(t, o, 2); err != nil || fmt.Sprint(got, told) != "[0 1 2 3 4] [1 2]" {
			t.Errorf("%s: got visits %v, failed attempts %v and error %v", runner, got, told, err)
		}
		if _, err := run(t, o, 3); err == nil || !strings.Contains(err.Error(), "attempt 3") || strings.Count(err.Error(), "attempt") != 3 {
			t.Errorf("%s: got error %v, want those of three attempts", runner, err)
		}
		o.Attempts = 0
		if _, err := run(t, o, 1); err == nil || strings.Contains(err.Error(), "attempt 2") {
			t.Errorf("%s: got error %v, want that of one attempt", runner, err)
		}
	}
}

func TestAnAttemptThatHangsEnds(t *testing.T) {
	at := make(chan string, 1)
	go func() { _ = Pool(t.Context(), 0, func(address string) { at <- address }) }()
	o := Options{Runner: "prism", Environment: "external", EnvironmentConfig: <-at, Attempts: 2, Timeout: 200 * time.Millisecond}
	start := time.Now()
	err := o.Run(t.Context(), func(s beam.Scope) { beam.ParDo(s, unready, beam.CreateList(s, []int{1})) })
	if err == nil || time.Since(start) > 10*time.Second {
		t.Errorf("got error %v after %v, want one after two attempts", err, time.Since(start))
	}
	if got, err := run(t, Options{Runner: "prism"}, 0); err != nil || len(got) != 5 {
		t.Errorf("got visits %v and error %v after one that hung", got, err)
	}
}

func TestACancelledRunIsNotTriedAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	attempts := 0
	fail.Store(1000)
	o := Options{Runner: "direct", Attempts: 5, Note: func(int, error) { attempts++; cancel() }}
	if err := o.Run(ctx, numbers); err == nil || attempts != 1 {
		t.Errorf("got %d attempts and error %v, want one", attempts, err)
	}
}

func TestOptionsThatNoEngineUnderstandsAreRefused(t *testing.T) {
	for want, o := range map[string]Options{
		"runner":      {Runner: "hadoop"},
		"environment": {Runner: "prism", Environment: "vm"},
		"endpoint":    {Runner: "flink"},
		"no configuration, want an address or a program": {Runner: "prism", Environment: "external"},
		"an address or a program":                        {Runner: "prism", Environment: "process"},
		"timeout: got 1s":                                {Runner: "prism", Timeout: time.Second},
		"parallelism":                                    {Runner: "direct", Parallelism: -1},
		"attempts":                                       {Runner: "direct", Attempts: -1},
	} {
		if err := o.Run(t.Context(), numbers); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that says %q", err, want)
		}
	}
	for _, runner := range Runners {
		if err := (Options{Runner: runner, Endpoint: "x"}).check(); err != nil {
			t.Errorf("%s: got error %v", runner, err)
		}
	}
}

func TestWorkersThatRunAlreadyAreSentNothing(t *testing.T) {
	path, done, err := Options{Environment: "external"}.staged()
	if err != nil {
		t.Fatal(err)
	}
	if f, err := os.Stat(path); err != nil || f.Size() != 0 {
		t.Errorf("got %v and error %v, want an empty file", f, err)
	}
	done()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v, want the file gone", err)
	}
	self, _, err := Options{}.staged()
	if exe, _ := os.Executable(); err != nil || self != exe {
		t.Errorf("got %q and error %v, want this program", self, err)
	}
	if other, _, err := (Options{Worker: "w", Environment: "external"}).staged(); err != nil || other != "w" {
		t.Errorf("got %q and error %v, want w", other, err)
	}
}

func TestTheEngineOfThisProcessServesOnePipelineAfterAnother(t *testing.T) {
	inProcess = ""
	for range 3 {
		before := inProcess
		if got, err := run(t, Options{Runner: "prism"}, 0); err != nil || len(got) != 5 {
			t.Fatalf("got visits %v and error %v", got, err)
		}
		if before != "" && inProcess != before {
			t.Errorf("got an engine at %s after one at %s, want the same", inProcess, before)
		}
	}
	if _, err := run(t, Options{Runner: "prism"}, 1); err == nil || inProcess != "" {
		t.Errorf("got error %v and the engine at %q after a pipeline that failed, want it left behind", err, inProcess)
	}
}

func TestWhatIsHereIsTold(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want bool
	}{
		{Options{Runner: "direct"}, true},
		{Options{Runner: "prism"}, true},
		{Options{Runner: "prism", Environment: "loopback"}, true},
		{Options{Runner: "prism", Environment: "external", EnvironmentConfig: "x"}, false},
		{Options{Runner: "prism", Endpoint: "x"}, false},
		{Options{Runner: "flink", Endpoint: "x", Environment: "loopback"}, false},
	} {
		if got := c.o.here(); got != c.want {
			t.Errorf("%+v: got %v, want %v", c.o, got, c.want)
		}
	}
}

func TestAttemptsAreTimedFromTheirOwnStart(t *testing.T) {
	o := Options{Runner: "universal", Endpoint: "localhost:1", Environment: "loopback", Attempts: 3, Timeout: 150 * time.Millisecond}
	begin := time.Now()
	if _, err := run(t, o, 0); err == nil || strings.Count(err.Error(), "attempt ") != 3 || time.Since(begin) < 400*time.Millisecond {
		t.Errorf("got error %v after %v, want three attempts of 150 ms", err, time.Since(begin))
	}
}
