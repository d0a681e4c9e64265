package lda

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elbo-go/elbo/cluster/beam/launch"
)

// process is the environment in which the engine starts workers by running this program.
func process(t *testing.T) string {
	t.Helper()
	b, err := json.Marshal(map[string]string{"command": os.Args[0]})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// pythonName is the environment variable that names an interpreter with apache-beam.
const pythonName = "ELBO_BEAM_PYTHON"

// python is the job service of Beam's Python SDK, another engine than any of the Go SDK.
func python(t *testing.T) string {
	t.Helper()
	interpreter := os.Getenv(pythonName)
	if interpreter == "" {
		t.Skipf("no job service: %s names no interpreter with apache-beam", pythonName)
	}
	file := filepath.Join(t.TempDir(), "port")
	cmd := exec.Command(interpreter, "-m", "apache_beam.runners.portability.local_job_service_main", "--port", "0", "--port_file", file, "--staging_dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 600 {
		if port, err := os.ReadFile(file); err == nil && len(port) > 0 {
			return "localhost:" + strings.TrimSpace(string(port))
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the job service did not start within a minute")
	return ""
}

func TestEveryEngineAndEveryKindOfWorkerGivesTheSameTopicsToTheBit(t *testing.T) {
	docs, _ := bag(t, 1, 60, 70, 30, 7)
	want := undisturbed(t)
	for name, on := range map[string]func(t *testing.T) launch.Options{
		"prism, workers in this process": func(*testing.T) launch.Options { return launch.Options{Runner: "prism"} },
		"prism, workers in another process": func(t *testing.T) launch.Options {
			address, _ := pool(t, "")
			return launch.Options{Runner: "prism", Environment: "external", EnvironmentConfig: address}
		},
		"prism, workers that it starts": func(t *testing.T) launch.Options {
			return launch.Options{Runner: "prism", Environment: "process", EnvironmentConfig: process(t)}
		},
		"job service in another process, workers in this": func(t *testing.T) launch.Options {
			return launch.Options{Runner: "universal", Environment: "loopback", Endpoint: python(t)}
		},
		"job service and workers in other processes": func(t *testing.T) launch.Options {
			address, _ := pool(t, "")
			return launch.Options{Runner: "universal", Environment: "external", EnvironmentConfig: address, Endpoint: python(t)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			options := on(t)
			m, err := Train(t.Context(), docs, config(t, options))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(m.Lambda, want) {
				t.Errorf("got topics off by %.2g from those of the direct runner, want the same bits", far(m.Lambda, want))
			}
		})
	}
}

func TestAnEngineThatIsNotThereIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	docs, _ := bag(t, 1, 20, 70, 30, 7)
	for _, on := range []launch.Options{
		{Runner: "universal", Environment: "loopback", Endpoint: address, Timeout: 200 * time.Millisecond},
		{Runner: "prism", Environment: "external", EnvironmentConfig: address, Timeout: 200 * time.Millisecond},
	} {
		if _, err := Train(t.Context(), docs, config(t, on)); err == nil || !strings.Contains(err.Error(), "sweep 1") {
			t.Errorf("%s: got error %v, want one of sweep 1", fmt.Sprint(on.Runner), err)
		}
	}
}
