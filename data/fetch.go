package data

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// remoteFile is one file of a named set. The digest and the size are those of the content
// without gzip, since servers hold copies whose compression differs.
type remoteFile struct {
	name   string
	sha256 string
	size   int64
}

// FetchOptions says how [Fetch] downloads. The zero value is ready for use.
type FetchOptions struct {
	// Client sends the requests; nil for one without a time limit on the whole of a file.
	Client *http.Client
	// Addresses replaces the known web folders of the set; file names are appended.
	Addresses []string
	// StallTimeout ends an attempt during which no byte arrived for that long; 0 means 30 s.
	StallTimeout time.Duration
	// Progress, if not nil, is told the bytes of a file that are here; total is −1 if the
	// server did not say.
	Progress func(file string, done, total int64)
}

// FetchRoot returns the data root that Fetch writes to: dir, else ELBO_DATA, else elbo in the
// user's cache folder.
func FetchRoot(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	if roots := Roots(""); len(roots) > 0 {
		return roots[0], nil
	}
	return "", errors.New("data: fetch: got no folder and no home to keep a cache in, want --data-dir or ELBO_DATA")
}

// Fetch downloads the files of a named set into its folder below the data root (see
// [FetchRoot]). Files that are there and whole stay. A file appears under its name only when
// all of it has arrived and its sha256 is right; what an interrupted download left goes on
// where it stopped. The addresses of a file are tried in order.
func Fetch(ctx context.Context, name, dir string, opt FetchOptions) error {
	src, ok := registered[name]
	switch {
	case !ok:
		return fmt.Errorf("data: fetch: got %q, want one of %s", name, strings.Join(namedSets(), ", "))
	case src.Generated:
		return fmt.Errorf("data: fetch: %s: got a generated set, which needs no files, want one of %s", name, strings.Join(namedSets(), ", "))
	}
	root, err := FetchRoot(dir)
	if err != nil {
		return err
	}
	return fetchSet(ctx, src, filepath.Join(root, src.Folder), opt)
}

// fetchSet downloads the files of a set that the folder lacks.
func fetchSet(ctx context.Context, src setSource, folder string, opt FetchOptions) error {
	addresses := src.addresses
	if len(opt.Addresses) > 0 {
		addresses = opt.Addresses
	}
	for _, f := range src.files {
		if path, ok := filePath(folder, f.name); ok && verifyFile(path, f) == nil {
			continue
		}
		if len(addresses) == 0 {
			return byHand(src, folder)
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("data: fetch: %w", err)
		}
		if err := fetchFile(ctx, f, folder, addresses, opt); err != nil {
			return err
		}
	}
	return nil
}

// fetchFile tries the addresses of one file in order.
func fetchFile(ctx context.Context, f remoteFile, folder string, addresses []string, opt FetchOptions) error {
	d := newDownload(f, folder, opt)
	var failed []error
	for _, base := range addresses {
		url := strings.TrimSuffix(base, "/") + "/" + f.name
		err := d.from(ctx, url)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("data: fetch: %s: %w", f.name, context.Cause(ctx))
		}
		failed = append(failed, fmt.Errorf("%s: %w", url, err))
		var local *localError
		if errors.As(err, &local) {
			break
		}
	}
	return fmt.Errorf("data: fetch: %s: no address gave the file:\n%w", f.name, errors.Join(failed...))
}

// byHand says what to put where for a set without a known address.
func byHand(src setSource, folder string) error {
	var b strings.Builder
	for _, f := range src.files {
		fmt.Fprintf(&b, "\n  %s  (idx, gzip or plain; %d bytes and sha256 %s without gzip)", f.name, f.size, f.sha256)
	}
	return fmt.Errorf("data: fetch: %s: no public address serves these files; put them by hand into %s:%s", src.Name, folder, b.String())
}

// namedSets returns the names of the sets that have files.
func namedSets() []string {
	var out []string
	for _, i := range List() {
		if !i.Generated {
			out = append(out, i.Name)
		}
	}
	return out
}
