package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A connection that breaks after each 20,000 bytes costs no byte twice.
func TestBrokenDownloadsGoOnWhereTheyStopped(t *testing.T) {
	f := newRemote(t, "a.gz", 100_000, gzip.BestSpeed)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, try int) {
		rec := &limitedWriter{ResponseWriter: w, left: 20_000}
		whole(f)(rec, r, try)
		if rec.left < 0 {
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	})
	if err := fetchFrom(t, context.Background(), f, t.TempDir(), FetchOptions{}, s); err != nil {
		t.Fatal(err)
	}
	want := []string{"", "bytes=20000-", "bytes=40000-", "bytes=60000-", "bytes=80000-", "bytes=100000-"}
	if ranges, sent := s.seen(); !slices.Equal(ranges, want) || sent != len(f.packed) {
		t.Errorf("ranges %q and %d bytes, want %q and %d", ranges, sent, want, len(f.packed))
	}
}

// limitedWriter drops what goes beyond its limit; left is then −1.
type limitedWriter struct {
	http.ResponseWriter
	left int
}

func (l *limitedWriter) Write(p []byte) (int, error) {
	n := min(len(p), max(l.left, 0))
	if n < len(p) {
		l.left = -1
	} else {
		l.left -= n
	}
	if _, err := l.ResponseWriter.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// interrupt downloads the first n bytes and cancels, as a user does with ctrl-C.
func interrupt(t *testing.T, f remote, dir string, s *server, n int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	opt := FetchOptions{Progress: func(_ string, done, _ int64) {
		if done >= n {
			cancel()
		}
	}}
	if err := fetchFrom(t, ctx, f, dir, opt, s); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want a cancel", err)
	}
	st, err := os.Stat(filepath.Join(dir, f.name+".part"))
	if err != nil || st.Size() != n {
		t.Fatalf("kept %v (%v), want %d bytes", st, err, n)
	}
}

// half sends 40,000 bytes to the first request and then holds the connection.
func half(f remote, then func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, try int) {
		if try > 1 {
			then(w, r, try)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		w.Write(f.packed[:40_000])
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

func TestAnotherCallResumesAndAsksForTheSameVersion(t *testing.T) {
	f := newRemote(t, "a.gz", 100_000, gzip.BestSpeed)
	s := serve(t, half(f, whole(f)))
	dir := t.TempDir()
	interrupt(t, f, dir, s, 40_000)
	if err := fetchFrom(t, context.Background(), f, dir, FetchOptions{}, s); err != nil {
		t.Fatal(err)
	}
	if ranges, sent := s.seen(); ranges[1] != "bytes=40000-" || s.ifRange != `"v1"` || sent != len(f.packed) {
		t.Errorf("range %q if %q, %d bytes sent in all, want %d", ranges[1], s.ifRange, sent, len(f.packed))
	}
}

// Whatever a server makes of the wish to go on, the file comes out whole.
func TestResumingSurvivesServersThatWillNot(t *testing.T) {
	f := newRemote(t, "a.gz", 100_000, gzip.BestSpeed)
	newer := newRemote(t, "a.gz", 100_000, gzip.BestSpeed)
	newer.packed = newRemote(t, "a.gz", 100_000, gzip.NoCompression).packed
	for name, then := range map[string]func(http.ResponseWriter, *http.Request, int){
		"ignores ranges": func(w http.ResponseWriter, r *http.Request, _ int) { w.Write(f.packed) },
		"has a newer version": func(w http.ResponseWriter, r *http.Request, _ int) {
			w.Header().Set("ETag", `"v2"`)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(newer.packed))
		},
		"has a newer version and does not say": func(w http.ResponseWriter, r *http.Request, _ int) {
			r.Header.Del("If-Range")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(append([]byte{0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0, 'n', 0}, f.packed[10:]...)))
		},
		"answers another range": func(w http.ResponseWriter, r *http.Request, try int) {
			if try == 2 {
				w.Header().Set("Content-Range", "bytes 7-99/100")
				w.WriteHeader(http.StatusPartialContent)
				return
			}
			w.Write(f.packed)
		},
		"refuses the range": func(w http.ResponseWriter, r *http.Request, try int) {
			if try == 2 {
				http.Error(w, "no", http.StatusRequestedRangeNotSatisfiable)
				return
			}
			w.Write(f.packed)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, half(f, then))
			dir := t.TempDir()
			interrupt(t, f, dir, s, 40_000)
			if err := fetchFrom(t, context.Background(), f, dir, FetchOptions{}, s); err != nil {
				t.Error(err)
			}
			if l := leftovers(t, dir, f.name); len(l) != 0 {
				t.Errorf("left behind: %v", l)
			}
		})
	}
}

// Bytes of one address are not continued with those of another, whose copy may differ.
func TestBytesOfTwoAddressesAreNotMixed(t *testing.T) {
	f := newRemote(t, "a.gz", 100_000, gzip.BestSpeed)
	dir := t.TempDir()
	interrupt(t, f, dir, serve(t, half(f, nil)), 40_000)
	s := serve(t, whole(f))
	err := fetchFrom(t, context.Background(), f, dir, FetchOptions{}, s)
	if ranges, _ := s.seen(); err != nil || ranges[0] != "" {
		t.Errorf("range %q (%v), want none", ranges, err)
	}
}

// A part that grew beyond any possible file is not kept.
func TestForeignPartsAreDropped(t *testing.T) {
	f := newRemote(t, "a.gz", 5000, gzip.BestSpeed)
	s := serve(t, whole(f))
	for name, part := range map[string]string{"too long": strings.Repeat("x", 20_000), "wrong bytes": strings.Repeat("x", 3000)} {
		dir := t.TempDir()
		writeText(t, filepath.Join(dir, "a.gz.part"), part)
		writeText(t, filepath.Join(dir, "a.gz.part.from"), s.URL+"/a.gz\n")
		if err := fetchFrom(t, context.Background(), f, dir, FetchOptions{}, s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryCutOfAFileIsNoticed(t *testing.T) {
	f := newRemote(t, "a.gz", 400, gzip.BestSpeed)
	for n := range len(f.packed) {
		if verify(bytes.NewReader(f.packed[:n]), f.remoteFile) == nil {
			t.Errorf("%d of %d bytes passed", n, len(f.packed))
		}
	}
	for n := range len(f.content) {
		if verify(bytes.NewReader(f.content[:n]), f.remoteFile) == nil {
			t.Errorf("%d of %d plain bytes passed", n, len(f.content))
		}
	}
	if err := verify(bytes.NewReader(append(f.packed[:len(f.packed):len(f.packed)], "more"...)), f.remoteFile); err == nil {
		t.Error("bytes after the end passed")
	}
}

func TestValidators(t *testing.T) {
	for _, c := range []struct{ etag, date, want string }{
		{`"a"`, "d", `"a"`}, {`W/"a"`, "d", "d"}, {"", "d", "d"}, {"", "", ""},
	} {
		h := http.Header{}
		h.Set("ETag", c.etag)
		h.Set("Last-Modified", c.date)
		if got := validatorOf(h); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}
