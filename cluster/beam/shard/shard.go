// Package shard cuts files of lines into shards, the elements of a cluster's work: a path and a
// range of bytes that begins and ends between lines. A worker reads its shard and nothing else.
package shard

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/elbo-go/elbo/cluster/beam/store"
)

// Shard is a piece of a file.
type Shard struct {
	// ID is its place among the shards, from 0.
	ID int32
	// Path is the file.
	Path string
	// From is where it begins, in bytes.
	From int64
	// To is where it ends, in bytes.
	To int64
	// Sum is the CRC-32C of its bytes.
	Sum uint32
}

// Bytes reads the shard, and refuses one that has changed since it was cut.
func (s Shard) Bytes(ctx context.Context) ([]byte, error) {
	r, err := store.Open(ctx, s.Path, s.From, s.To)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("shard: %s: %w", s.Path, err)
	}
	if int64(len(b)) != s.To-s.From || store.Checksum(b) != s.Sum {
		return nil, fmt.Errorf("shard: %s: bytes %d … %d: got %d bytes with checksum %08x, want %d with %08x: the file has changed since it was cut",
			s.Path, s.From, s.To, len(b), store.Checksum(b), s.To-s.From, s.Sum)
	}
	return b, nil
}

// Cut cuts a file into shards of so many lines, the last of fewer, after skipping some lines at
// the top. Lines without anything on them count.
func Cut(ctx context.Context, path string, lines, skip int) ([]Shard, error) {
	if lines < 1 || skip < 0 {
		return nil, fmt.Errorf("shard: got %d lines a shard and %d to skip, want at least 1 and 0", lines, skip)
	}
	r, err := store.Open(ctx, path, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	c := cutter{path: path, lines: lines, skip: skip}
	b := make([]byte, 1<<18)
	for {
		n, err := r.Read(b)
		c.take(b[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("shard: %s: %w", path, err)
		}
	}
	c.end()
	return c.shards, nil
}

// cutter follows a file from its first byte to its last.
type cutter struct {
	path        string
	lines, skip int

	shards []Shard
	begin  int64  // where the shard begins that is open
	at     int64  // where the file stands
	seen   int    // lines of the shard that is open
	sum    uint32 // checksum of the shard that is open
}

// take goes on by some bytes.
func (c *cutter) take(b []byte) {
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		ended := n > 0
		if !ended {
			n = len(b)
		}
		c.at += int64(n)
		c.sum = store.Extend(c.sum, b[:n])
		b = b[n:]
		if !ended {
			return
		}
		c.seen++
		switch {
		case c.skip > 0:
			c.skip--
			c.seen, c.sum, c.begin = 0, 0, c.at
		case c.seen == c.lines:
			c.end()
		}
	}
}

// end closes the open shard.
func (c *cutter) end() {
	if c.at > c.begin && c.skip == 0 {
		c.shards = append(c.shards, Shard{int32(len(c.shards)), c.path, c.begin, c.at, c.sum})
	}
	c.begin, c.seen, c.sum = c.at, 0, 0
}

// Distinct refuses shards of which two have one id, or that are none.
func Distinct(shards []Shard) error {
	if len(shards) == 0 {
		return fmt.Errorf("shard: got no shards, want a file with something in it")
	}
	seen := map[int32]bool{}
	for _, s := range shards {
		if seen[s.ID] || s.ID < 0 || s.From < 0 || s.To < s.From {
			return fmt.Errorf("shard: %s: got shard %d of bytes %d … %d twice or out of order, want ids from 0, each once", s.Path, s.ID, s.From, s.To)
		}
		seen[s.ID] = true
	}
	return nil
}
