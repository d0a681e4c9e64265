package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// slowBody gives 1,000 bytes a read, each after some time, until its request is over.
type slowBody struct {
	io.Reader
	delay time.Duration
	ctx   context.Context
}

func (s *slowBody) Read(p []byte) (int, error) {
	time.Sleep(s.delay)
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Reader.Read(p[:min(len(p), 1000)])
}

func (s *slowBody) Close() error { return nil }

// roundTrip is a connection that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A slow download is not a stalled one: the time counts from the last byte.
func TestSlowDownloadsAreNotStalledOnes(t *testing.T) {
	f := newRemote(t, "a.gz", 50_000, gzip.BestSpeed)
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			requests++
			body := &slowBody{bytes.NewReader(f.packed), 29 * time.Second, r.Context()}
			return &http.Response{StatusCode: 200, Body: body, ContentLength: -1, Header: http.Header{}, Request: r}, nil
		})}
		start := time.Now()
		src := setSource{files: []remoteFile{f.remoteFile}}
		if err := fetchSet(t.Context(), src, dir, FetchOptions{Client: client, Addresses: []string{"http://slow"}}); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); requests != 1 || d < 20*time.Minute {
			t.Errorf("%d requests in %v, want one that takes over 20 minutes", requests, d)
		}
	})
}

func TestWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, w := newWatchdog(t.Context(), time.Second)
		for range 5 {
			time.Sleep(900 * time.Millisecond)
			w.feed()
		}
		if ctx.Err() != nil {
			t.Error("a fed watchdog barked")
		}
		if err := w.explain(ctx, io.EOF); !errors.Is(err, errBroken) || !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want the error of the connection", err)
		}
		time.Sleep(1100 * time.Millisecond)
		if err := w.explain(ctx, io.EOF); !errors.Is(err, errBroken) || errors.Is(err, io.EOF) {
			t.Errorf("got %v, want the stall", err)
		}
		parent, cancel := context.WithCancel(t.Context())
		ctx, w = newWatchdog(parent, time.Second)
		cancel()
		if err := w.explain(ctx, io.EOF); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the cancel", err)
		}
		w.stop()
	})
}
