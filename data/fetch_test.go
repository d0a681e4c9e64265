package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// remote is a file as servers hold it: content that hardly compresses, so that the packed
// form is long enough to be cut.
type remote struct {
	remoteFile
	content, packed []byte
}

func newRemote(t *testing.T, name string, size int, level int) remote {
	t.Helper()
	content := make([]byte, size)
	r := rand.New(rand.NewPCG(1, uint64(size)))
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(content)
	z.Close()
	sum := sha256.Sum256(content)
	return remote{remoteFile{name, hex.EncodeToString(sum[:]), int64(size)}, content, b.Bytes()}
}

// server is a web server that misbehaves as told and counts the body bytes it sends.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	ranges  []string // the Range header of each request
	ifRange string   // the If-Range header of the last one
	sent    int      // body bytes
}

// seen returns the Range headers of the requests so far and the body bytes sent.
func (s *server) seen() (ranges []string, sent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ranges), s.sent
}

// count returns the number of requests so far.
func (s *server) count() int {
	ranges, _ := s.seen()
	return len(ranges)
}

// serve starts a server whose handler may write through count.
func serve(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, try int)) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.ranges, s.ifRange = append(s.ranges, r.Header.Get("Range")), r.Header.Get("If-Range")
		try := len(s.ranges)
		s.mu.Unlock()
		handle(&countingWriter{w, s}, r, try)
	}))
	t.Cleanup(s.Close)
	return s
}

type countingWriter struct {
	http.ResponseWriter
	s *server
}

func (c *countingWriter) Write(p []byte) (int, error) {
	c.s.mu.Lock()
	c.s.sent += len(p)
	c.s.mu.Unlock()
	return c.ResponseWriter.Write(p)
}

func (c *countingWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// whole serves the file with ranges and an entity tag, as good servers do.
func whole(f remote) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.packed))
	}
}

// cut promises all and breaks the connection after n bytes; abort closes it at once.
func cut(w http.ResponseWriter, body []byte, n int) {
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.Write(body[:n])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// fetchFrom fetches one file into dir and checks that its name holds all or nothing.
func fetchFrom(t *testing.T, ctx context.Context, f remote, dir string, opt FetchOptions, servers ...*server) error {
	t.Helper()
	for _, s := range servers {
		opt.Addresses = append(opt.Addresses, s.URL)
	}
	if opt.StallTimeout == 0 {
		opt.StallTimeout = 5 * time.Second
	}
	src := setSource{Info: Info{Name: "fake"}, files: []remoteFile{f.remoteFile}}
	err := fetchSet(ctx, src, dir, opt)
	got, readErr := os.ReadFile(filepath.Join(dir, f.name))
	switch {
	case readErr == nil && verify(bytes.NewReader(got), f.remoteFile) != nil:
		t.Errorf("the final name holds %d bytes that are not the file", len(got))
	case err == nil && readErr != nil:
		t.Errorf("no error and no file: %v", readErr)
	case err != nil && readErr == nil:
		t.Errorf("the file is there in spite of: %v", err)
	}
	return err
}

// leftovers lists what a folder holds besides the file.
func leftovers(t *testing.T, dir, name string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != name {
			out = append(out, e.Name())
		}
	}
	return out
}

func TestFetchBringsTheFile(t *testing.T) {
	f := newRemote(t, "a.gz", 200_000, gzip.BestSpeed)
	s := serve(t, whole(f))
	dir := t.TempDir()
	var last, total int64
	opt := FetchOptions{Progress: func(file string, done, all int64) {
		if file != "a.gz" || done < last {
			t.Errorf("progress %s: %d after %d", file, done, last)
		}
		last, total = done, all
	}}
	if err := fetchFrom(t, context.Background(), f, dir, opt, s); err != nil {
		t.Fatal(err)
	}
	if _, sent := s.seen(); last != int64(sent) || total != last || sent != len(f.packed) {
		t.Errorf("progress ended at %d of %d, %d bytes were sent, want %d", last, total, sent, len(f.packed))
	}
	if l := leftovers(t, dir, f.name); len(l) != 0 {
		t.Errorf("left behind: %v", l)
	}
	if err := fetchFrom(t, context.Background(), f, dir, FetchOptions{}, s); err != nil || s.count() != 1 {
		t.Errorf("a file that was there was asked for again (%d requests, %v)", s.count(), err)
	}
	os.WriteFile(filepath.Join(dir, f.name), f.packed[:1000], 0o644)
	if err := fetchFrom(t, context.Background(), f, dir, FetchOptions{}, s); err != nil || s.count() != 2 {
		t.Errorf("a damaged file was not replaced (%d requests, %v)", s.count(), err)
	}
}

func TestFetchAcceptsAnotherCompression(t *testing.T) {
	f := newRemote(t, "a.gz", 50_000, gzip.BestCompression)
	for name, body := range map[string][]byte{
		"plain": f.content, "other level": newRemote(t, "a.gz", 50_000, gzip.NoCompression).packed,
	} {
		f.packed = body
		if err := fetchFrom(t, context.Background(), f, t.TempDir(), FetchOptions{}, serve(t, whole(f))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each bad server alone ends in a clear error and leaves nothing under the final name; with
// a good one behind it the file arrives.
func TestFetchGoesOnToTheNextAddress(t *testing.T) {
	f := newRemote(t, "a.gz", 300_000, gzip.BestSpeed)
	changed := append([]byte(nil), f.packed...)
	changed[len(changed)/2] ^= 1
	flipped := append([]byte(nil), f.content...)
	flipped[0] ^= 1
	other := newRemote(t, "a.gz", 299_999, gzip.BestSpeed)
	bomb := newRemote(t, "a.gz", 10, gzip.BestSpeed)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(make([]byte, 16<<20))
	z.Close()
	bomb.packed = b.Bytes()
	body := func(p []byte) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, r *http.Request, _ int) { w.Write(p) }
	}
	for name, c := range map[string]struct {
		handle func(http.ResponseWriter, *http.Request, int)
		want   string
	}{
		"404":            {func(w http.ResponseWriter, r *http.Request, _ int) { http.NotFound(w, r) }, "status: got 404 Not Found"},
		"500":            {func(w http.ResponseWriter, r *http.Request, _ int) { http.Error(w, "no", 500) }, "status: got 500"},
		"other content":  {body(other.packed), "content: got 299999 bytes without gzip, want 300000"},
		"changed":        {body(changed), "content: got "},
		"one bit":        {body(flipped), "content: got sha256 "},
		"web page":       {body([]byte("<html>log in first</html>")), "content: got 25 bytes"},
		"clean cut":      {body(f.packed[:1000]), "content: got damaged bytes after"},
		"empty":          {body(nil), "content: got 0 bytes"},
		"bomb":           {body(bomb.packed), "content: got more than 300000 bytes"},
		"announced huge": {func(w http.ResponseWriter, r *http.Request, _ int) { cut(w, make([]byte, 1<<20), 10) }, "size: got 1048576 bytes"},
		"endless": {func(w http.ResponseWriter, r *http.Request, _ int) {
			for range 64 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}, "size: got more bytes, want at most 304388"},
		"unasked part": {func(w http.ResponseWriter, r *http.Request, _ int) {
			w.Header().Set("Content-Range", "bytes 5-9/10")
			w.WriteHeader(http.StatusPartialContent)
		}, "status: got 206"},
		"aborted": {func(w http.ResponseWriter, r *http.Request, _ int) { panic(http.ErrAbortHandler) }, "the connection broke"},
		"always cut at one place": {func(w http.ResponseWriter, r *http.Request, _ int) {
			if r.Header.Get("Range") != "" {
				panic(http.ErrAbortHandler)
			}
			cut(w, f.packed, 100)
		}, "the connection broke"},
	} {
		t.Run(name, func(t *testing.T) {
			bad, good := serve(t, c.handle), serve(t, whole(f))
			dir := t.TempDir()
			err := fetchFrom(t, context.Background(), f, dir, FetchOptions{}, bad)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), bad.URL+"/a.gz") {
				t.Errorf("got %v, want %q with the address", err, c.want)
			}
			if err := fetchFrom(t, context.Background(), f, dir, FetchOptions{}, bad, good); err != nil {
				t.Error(err)
			}
			if l := leftovers(t, dir, f.name); len(l) != 0 {
				t.Errorf("left behind: %v", l)
			}
		})
	}
}

func TestFetchStopsWaitingForAStalledServer(t *testing.T) {
	f := newRemote(t, "a.gz", 300_000, gzip.BestSpeed)
	done := make(chan struct{})
	for name, sent := range map[string]int{"before the header": 0, "within the body": 5000} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request, try int) {
				if sent > 0 && try == 1 {
					w.Header().Set("Content-Length", fmt.Sprint(len(f.packed)))
					w.Write(f.packed[:sent])
					http.NewResponseController(w).Flush()
				}
				select {
				case <-done:
				case <-r.Context().Done():
				}
			})
			opt := FetchOptions{StallTimeout: 200 * time.Millisecond}
			err := fetchFrom(t, context.Background(), f, t.TempDir(), opt, s)
			if err == nil || !strings.Contains(err.Error(), "got no byte for 200ms") {
				t.Errorf("got %v, want a stall", err)
			}
			if want := 1 + min(sent, 1); s.count() != want {
				t.Errorf("%d requests, want %d: one more where bytes had come", s.count(), want)
			}
			if err := fetchFrom(t, context.Background(), f, t.TempDir(), opt, s, serve(t, whole(f))); err != nil {
				t.Error(err)
			}
		})
	}
	close(done)
}

func TestFetchWithoutASetSaysHowToGetIt(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ name, want string }{
		{"digits", "data: fetch: digits: got a generated set"},
		{"nothing", `data: fetch: got "nothing", want one of binarized-mnist, fashion-mnist, frey-faces, mnist`},
		{"frey-faces", "put them by hand into " + filepath.Join(dir, "freyfaces")},
		{"frey-faces", "sha256 c943677a"},
		{"binarized-mnist", "binarized_mnist_valid-images-idx3-ubyte.gz"},
	} {
		if err := Fetch(context.Background(), c.name, dir, FetchOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if l := leftovers(t, dir, ""); len(l) != 0 {
		t.Errorf("made %v", l)
	}
}

func TestFetchSaysWhereItCannotWrite(t *testing.T) {
	f := newRemote(t, "a.gz", 1000, gzip.BestSpeed)
	file := writeText(t, filepath.Join(t.TempDir(), "file"), "")
	s := serve(t, whole(f))
	src := setSource{files: []remoteFile{f.remoteFile}}
	if err := fetchSet(context.Background(), src, filepath.Join(file, "sub"), FetchOptions{Addresses: []string{s.URL}}); err == nil {
		t.Error("wrote below a file")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "a.gz.part"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "a.gz.part", "x"), "")
	err := fetchSet(context.Background(), src, dir, FetchOptions{Addresses: []string{s.URL, s.URL}})
	if err == nil || s.count() != 1 {
		t.Errorf("%d requests (%v), want 1: another address does not mend a folder", s.count(), err)
	}
}

func TestFetchRoot(t *testing.T) {
	t.Setenv("ELBO_DATA", "")
	t.Setenv("HOME", "/h")
	t.Setenv("XDG_CACHE_HOME", "/c")
	if got, err := FetchRoot("d"); got != "d" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, _ := FetchRoot(""); filepath.Base(got) != "elbo" {
		t.Errorf("got %q, want the cache folder", got)
	}
	t.Setenv("ELBO_DATA", "/e")
	if got, _ := FetchRoot(""); got != "/e" {
		t.Errorf("got %q, want ELBO_DATA", got)
	}
}
