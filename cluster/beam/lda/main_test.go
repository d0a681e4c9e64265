package lda

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/elbo-go/elbo/cluster/beam/launch"
	"github.com/elbo-go/elbo/cluster/beam/shard"
	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/topic/corpus"
)

// The environment of a test program that is a pool of workers: the port, and where to die once:
// "sweep shard file", where the file tells that it is done.
const (
	poolPort = "ELBO_BEAM_TEST_POOL"
	poolDies = "ELBO_BEAM_TEST_DIES"
)

// TestMain is the program of the workers too.
func TestMain(m *testing.M) {
	if b, ok := launch.ParseBoot(os.Args[1:]); ok {
		dieWhereTold()
		beam.Init()
		if err := b.Work(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	beam.Init()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil))) // Beam says a lot
	if port, err := strconv.Atoi(os.Getenv(poolPort)); err == nil {
		dieWhereTold()
		if err := launch.Pool(context.Background(), port, func(a string) { fmt.Println("pool at", a) }); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// dieWhereTold lets this process kill itself at a shard, the first time it comes there.
func dieWhereTold() {
	var sweep int
	var id int32
	var mark string
	if _, err := fmt.Sscan(os.Getenv(poolDies), &sweep, &id, &mark); err != nil {
		return
	}
	beforeShard = func(s int, i int32) error {
		if s == sweep && i == id {
			if f, err := os.OpenFile(mark, os.O_CREATE|os.O_EXCL, 0o600); err == nil {
				_ = f.Close()
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
		return nil
	}
}

// pool keeps a pool of workers in a process of its own, starting it again when it dies, and
// counts its deaths.
func pool(t *testing.T, dies string) (address string, deaths *atomic.Int32) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan string), make(chan struct{})
	deaths = new(atomic.Int32)
	go func() {
		defer close(ended)
		for port := "0"; ctx.Err() == nil; deaths.Add(1) {
			cmd := exec.CommandContext(ctx, os.Args[0])
			cmd.Env = append(os.Environ(), poolPort+"="+port, poolDies+"="+dies)
			cmd.Stderr = io.Discard
			out, err := cmd.StdoutPipe()
			if err != nil || cmd.Start() != nil {
				return
			}
			for scan := bufio.NewScanner(out); scan.Scan(); {
				if a, ok := strings.CutPrefix(scan.Text(), "pool at "); ok && port == "0" {
					_, port, _ = strings.Cut(a, ":")
					ready <- a
				}
			}
			_ = cmd.Wait()
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	select {
	case address = <-ready:
	case <-time.After(time.Minute):
		t.Fatal("the pool did not start within a minute")
	}
	return address, deaths
}

// bag is a corpus of random documents in shards of so many, in the LDA-C format.
func bag(t testing.TB, seed uint64, docs, vocabulary, words, lines int) (*shard.Corpus, *corpus.Corpus) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "docs.ldac")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	r := random(seed)
	for range docs {
		counts := map[int]int{}
		for range words {
			counts[r.IntN(1+r.IntN(vocabulary))]++
		}
		fmt.Fprint(f, len(counts))
		for v := range vocabulary {
			if counts[v] > 0 {
				fmt.Fprintf(f, " %d:%d", v, counts[v])
			}
		}
		fmt.Fprintln(f)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := shard.CutCorpus(t.Context(), path, "lda-c", lines, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	g, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	whole, err := corpus.ReadAll(corpus.NewLDAC(g, corpus.Limits{}), vocabulary, corpus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return c, whole
}

// config is a short fit whose start and bounds both matter.
func config(t testing.TB, on launch.Options) Config {
	c := topic.Default(5)
	c.Sweeps, c.Fresh, c.Tolerance, c.Threads = 6, 3, 0, 1
	return Config{Topic: c, Dir: t.TempDir(), Block: 16, Run: on.Run}
}
