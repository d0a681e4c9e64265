package launch

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

func TestTheFlagsOfAWorkerAreRead(t *testing.T) {
	for _, c := range []struct {
		args string
		want Boot
		ok   bool
	}{
		{"--id=1 --provision_endpoint=a:1", Boot{ID: "1", Provision: "a:1"}, true},
		{"--id='job_go' --provision_endpoint=a:1", Boot{ID: "job_go", Provision: "a:1"}, true},
		{"-id=1 --logging_endpoint=l --control_endpoint=c --artifact_endpoint=x", Boot{ID: "1", Logging: "l", Control: "c"}, true},
		{"--worker=true --id=1 --control_endpoint=c", Boot{}, false},
		{"--id=1", Boot{}, false},
		{"train lda --data x", Boot{}, false},
		{"", Boot{}, false},
	} {
		if got, ok := ParseBoot(strings.Fields(c.args)); ok != c.ok || ok && got != c.want {
			t.Errorf("%q: got %+v, %v, want %+v, %v", c.args, got, ok, c.want, c.ok)
		}
	}
}

func TestAPoolServesWorkersUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	at, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- Pool(ctx, 0, func(address string) { at <- address }) }()
	address := <-at
	for range 2 {
		got, err := run(t, Options{Runner: "prism", Environment: "external", EnvironmentConfig: address}, 0)
		if err != nil || len(got) != 5 {
			t.Errorf("got visits %v and error %v", got, err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("got error %v from a pool that was stopped", err)
	}
	o := Options{Runner: "prism", Environment: "external", EnvironmentConfig: address, Timeout: 100 * time.Millisecond}
	if _, err := run(t, o, 0); err == nil || !strings.Contains(err.Error(), "no pool of workers") {
		t.Errorf("got error %v, want one that says that there is no pool", err)
	}
}

func TestAPortThatIsTakenIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := Pool(t.Context(), l.Addr().(*net.TCPAddr).Port, func(string) {}); err == nil {
		t.Error("got no error")
	}
}

func TestAWorkerWithoutAnEngineIsAnError(t *testing.T) {
	if err := (Boot{ID: "1", Logging: "x"}).Work(t.Context()); err == nil || !strings.Contains(err.Error(), "two addresses") {
		t.Errorf("got error %v, want one about the addresses", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := (Boot{ID: "1", Provision: "localhost:1"}).Work(ctx); err == nil {
		t.Error("got no error")
	}
}
