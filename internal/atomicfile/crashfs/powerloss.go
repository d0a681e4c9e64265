package crashfs

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// PowerLoss returns what a disk holds after the power went: everything that was synced, and of
// the rest each write and each change of an entry with a chance of kept per cent. A lost write
// before a kept one reads as zeros.
func (f *FS) PowerLoss(kept int, r *rand.Rand) *FS {
	out := New()
	keep := func() bool { return kept >= 100 || kept > 0 && r.IntN(100) < kept }
	out.root = settleDir(f.root, keep)
	return out
}

// settleDir decides which entries of a folder are left.
func settleDir(d *dir, keep func() bool) *dir {
	entries := maps.Clone(d.safe)
	for _, c := range d.pending {
		if keep() {
			c.apply(entries)
		}
	}
	out := newDir()
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		switch n := entries[name].(type) {
		case *dir:
			out.live[name] = settleDir(n, keep)
		case *file:
			out.live[name] = settleFile(n, keep)
		}
	}
	out.safe = maps.Clone(out.live)
	return out
}

// settleFile decides which bytes of a file are left.
func settleFile(f *file, keep func() bool) *file {
	data := bytes.Clone(f.data[:f.synced])
	at := f.synced
	for _, n := range f.writes {
		if keep() {
			data = append(data, make([]byte, at-len(data))...)
			data = append(data, f.data[at:at+n]...)
		}
		at += n
	}
	return &file{data: data, synced: len(data)}
}

// Image spells out every entry and byte, so that equal disks have equal images.
func (f *FS) Image() string {
	var b strings.Builder
	image(&b, f.root)
	return b.String()
}

// image spells out one folder.
func image(b *strings.Builder, d *dir) {
	for _, name := range slices.Sorted(maps.Keys(d.live)) {
		b.WriteString(strconv.Quote(name))
		switch n := d.live[name].(type) {
		case *dir:
			b.WriteString("{")
			image(b, n)
			b.WriteString("}")
		case *file:
			b.WriteString(strconv.Itoa(len(n.data)) + ":")
			b.Write(n.data)
		}
	}
}
