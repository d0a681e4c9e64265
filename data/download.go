package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/elbo-go/elbo/internal/atomicfile"
)

const (
	stallDefault = 30 * time.Second

	// triesMost ends a download whose connection keeps breaking, however far each try gets.
	triesMost = 20
)

// localError is a failure on this machine, which another address would not mend.
type localError struct{ error }

// Unwrap returns the cause.
func (e *localError) Unwrap() error { return e.error }

var (
	// errBroken marks an attempt that may go on where it stopped.
	errBroken = errors.New("the connection broke")

	// errRange marks an attempt whose kept bytes were of no use and are gone.
	errRange = errors.New("the download starts anew")
)

// download brings one file here. The bytes collect in a file beside the final one,
// name.part; name.part.from remembers where they came from: the address and the validator
// (entity tag or date) of the version, on a line each.
type download struct {
	file     remoteFile
	path     string
	client   *http.Client
	stall    time.Duration
	progress func(file string, done, total int64)
}

func newDownload(f remoteFile, folder string, opt FetchOptions) *download {
	d := &download{file: f, path: filepath.Join(folder, f.name), client: opt.Client, stall: opt.StallTimeout, progress: opt.Progress}
	if d.client == nil {
		d.client = &http.Client{}
	}
	if d.stall <= 0 {
		d.stall = stallDefault
	}
	if d.progress == nil {
		d.progress = func(string, int64, int64) {}
	}
	return d
}

func (d *download) part() string { return d.path + ".part" }

func (d *download) origin() string { return d.part() + ".from" }

// most bounds the bytes to accept: gzip adds at most 5 bytes a block of 32 KiB and a header.
func (d *download) most() int64 { return d.file.size + d.file.size/1024 + 4096 }

// from downloads the file from one address. It asks again, for what is missing, as long as
// an attempt brings bytes, and starts anew once if bytes kept from before prove wrong.
func (d *download) from(ctx context.Context, url string) error {
	for try := 1; ; try++ {
		before, _ := d.resumable(url)
		got, err := d.attempt(ctx, url)
		again := errors.Is(err, errBroken) && got > 0 || errors.Is(err, errRange)
		if err == nil {
			err = d.finish()
			var wrong *digestError
			if again = errors.As(err, &wrong) && before > 0; wrong != nil {
				d.discard()
			}
		}
		if !again || ctx.Err() != nil || try >= triesMost {
			return err
		}
	}
}

// resumable returns the number of bytes that are here from this address, and the validator
// of the version that they belong to.
func (d *download) resumable(url string) (int64, string) {
	text, err := os.ReadFile(d.origin())
	if err != nil {
		return 0, ""
	}
	address, validator, _ := strings.Cut(string(text), "\n")
	st, err := os.Stat(d.part())
	if address != url || err != nil || !st.Mode().IsRegular() || st.Size() > d.most() {
		return 0, ""
	}
	return st.Size(), validator
}

// attempt sends one request and stores what arrives. It returns the number of bytes received.
func (d *download) attempt(ctx context.Context, url string) (int64, error) {
	have, validator := d.resumable(url)
	ctx, watch := newWatchdog(ctx, d.stall)
	defer watch.stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "identity") // the bytes as they are stored
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		if validator != "" {
			req.Header.Set("If-Range", validator)
		}
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return 0, watch.explain(ctx, err)
	}
	defer resp.Body.Close()
	start, err := d.accept(resp, have)
	if err != nil {
		return 0, err
	}
	if start == 0 {
		d.discard()
		if err := atomicfile.WriteBytes(d.origin(), []byte(url+"\n"+validatorOf(resp.Header))); err != nil {
			return 0, &localError{err}
		}
	}
	return d.store(ctx, resp, start, watch)
}

// accept reads the status and returns the offset of the body's first byte.
func (d *download) accept(resp *http.Response, have int64) (int64, error) {
	start := int64(0)
	switch {
	case resp.StatusCode == http.StatusOK: // also from servers that ignore ranges
	case resp.StatusCode == http.StatusPartialContent && have > 0:
		if _, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-", &start); err != nil || start != have {
			d.discard()
			return 0, fmt.Errorf("%w: range: got %q, want bytes from %d", errRange, resp.Header.Get("Content-Range"), have)
		}
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && have > 0:
		d.discard()
		return 0, fmt.Errorf("%w: range: got %s, want bytes from %d", errRange, resp.Status, have)
	default:
		return 0, fmt.Errorf("status: got %s, want 200 OK", resp.Status)
	}
	if resp.ContentLength > d.most()-start {
		return 0, fmt.Errorf("size: got %d bytes, want at most %d", resp.ContentLength+start, d.most())
	}
	return start, nil
}

// store appends the body to the bytes that are here and returns the number of bytes received.
func (d *download) store(ctx context.Context, resp *http.Response, start int64, watch *watchdog) (got int64, err error) {
	f, err := os.OpenFile(d.part(), os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return 0, &localError{err}
	}
	defer func() {
		if e := f.Close(); e != nil && err == nil {
			err = &localError{e}
		}
	}()
	total := int64(-1)
	if resp.ContentLength >= 0 {
		total = start + resp.ContentLength
	}
	buf := make([]byte, 64<<10)
	for {
		n, readErr := resp.Body.Read(buf)
		if start+got+int64(n) > d.most() {
			f.Close()
			d.discard()
			return got, fmt.Errorf("size: got more bytes, want at most %d", d.most())
		}
		if n > 0 {
			watch.feed()
			if _, err := f.WriteAt(buf[:n], start+got); err != nil {
				return got, &localError{err}
			}
			got += int64(n)
			d.progress(d.file.name, start+got, total)
		}
		if readErr == io.EOF {
			return got, nil
		}
		if readErr != nil {
			return got, watch.explain(ctx, readErr)
		}
	}
}

// finish checks the bytes while it copies them to the final name, which appears only if they
// are right and durable.
func (d *download) finish() error {
	in, err := os.Open(d.part())
	if err != nil {
		return &localError{err}
	}
	defer in.Close()
	err = atomicfile.WriteFile(d.path, func(w io.Writer) error {
		return verify(io.TeeReader(in, w), d.file)
	})
	var wrong *digestError
	if err != nil && !errors.As(err, &wrong) {
		return &localError{err}
	}
	if err != nil {
		return wrong
	}
	d.discard()
	return nil
}

// discard removes the bytes kept for resuming.
func (d *download) discard() {
	os.Remove(d.part())
	os.Remove(d.origin())
}

// validatorOf returns what an If-Range header may carry: a strong entity tag, or else the
// date of the last change.
func validatorOf(h http.Header) string {
	if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") && !strings.Contains(tag, "\n") {
		return tag
	}
	return h.Get("Last-Modified")
}
