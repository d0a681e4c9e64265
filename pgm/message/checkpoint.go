package message

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc64"
	"hash/fnv"
	"io"
	"math"
)

// A checkpoint is little-endian: the mark, a fingerprint of the declaration and the settings, the
// counts, all numbers of the engine in the order of declaration, and a CRC-64 of what came before.
const mark = "elbomsg1"

var crcTable = crc64.MakeTable(crc64.ECMA)

// snapshot is what an engine stores: counts and numbers, whose sizes the declaration fixes.
type snapshot struct {
	print   uint64
	counts  []*int64
	numbers [][]float64
}

// fingerprint tells declarations apart by names, families, sizes and the settings that the numbers
// depend on.
func (g *graph) fingerprint(settings ...any) uint64 {
	h := fnv.New64a()
	for _, b := range g.blocks {
		fmt.Fprintf(h, "%q %s %d %d %v\n", b.name, b.family.Name(), b.size, b.n, b.known)
	}
	for _, n := range g.nodes {
		fmt.Fprintf(h, "%q %T %d", n.name, n.f, n.n)
		for k := range n.slots {
			fmt.Fprintf(h, " %d", n.slots[k].b.id)
		}
		fmt.Fprintln(h)
	}
	fmt.Fprint(h, settings...)
	return h.Sum64()
}

// save writes a checkpoint.
func (s *snapshot) save(w io.Writer) error {
	sum := crc64.New(crcTable)
	out := io.MultiWriter(w, sum)
	head := binary.LittleEndian.AppendUint64([]byte(mark), s.print)
	for _, c := range s.counts {
		head = binary.LittleEndian.AppendUint64(head, uint64(*c))
	}
	if _, err := out.Write(head); err != nil {
		return fmt.Errorf("message: checkpoint: %w", err)
	}
	buf := make([]byte, 0, 1<<16)
	for _, x := range s.numbers {
		for len(x) > 0 {
			n := min(len(x), cap(buf)/8)
			buf = buf[:0]
			for _, v := range x[:n] {
				buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
			}
			if _, err := out.Write(buf); err != nil {
				return fmt.Errorf("message: checkpoint: %w", err)
			}
			x = x[n:]
		}
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, sum.Sum64())); err != nil {
		return fmt.Errorf("message: checkpoint: %w", err)
	}
	return nil
}

// load reads a checkpoint of the same declaration. Nothing changes unless all of it is right.
func (s *snapshot) load(r io.Reader) error {
	sum := crc64.New(crcTable)
	head := make([]byte, len(mark)+8+8*len(s.counts))
	if err := fill(r, sum, head); err != nil {
		return err
	}
	if got := string(head[:len(mark)]); got != mark {
		return fmt.Errorf("message: checkpoint: mark: got %q, want %q", got, mark)
	}
	if got := binary.LittleEndian.Uint64(head[len(mark):]); got != s.print {
		return fmt.Errorf("message: checkpoint: fingerprint: got %x, want %x: it is of another model or other settings", got, s.print)
	}
	fresh := make([][]float64, len(s.numbers))
	for i, x := range s.numbers {
		raw := make([]byte, 8*len(x))
		if err := fill(r, sum, raw); err != nil {
			return err
		}
		fresh[i] = make([]float64, len(x))
		for j := range x {
			fresh[i][j] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*j:]))
		}
	}
	var tail [8]byte
	if _, err := io.ReadFull(r, tail[:]); err != nil {
		return fmt.Errorf("message: checkpoint: sum: %w", err)
	}
	if got, want := binary.LittleEndian.Uint64(tail[:]), sum.Sum64(); got != want {
		return fmt.Errorf("message: checkpoint: sum: got %x, want %x", got, want)
	}
	for i, c := range s.counts {
		*c = int64(binary.LittleEndian.Uint64(head[len(mark)+8+8*i:]))
	}
	for i, x := range fresh {
		copy(s.numbers[i], x)
	}
	return nil
}

// fill reads as much as fits.
func fill(r io.Reader, sum hash.Hash64, to []byte) error {
	if _, err := io.ReadFull(r, to); err != nil {
		return fmt.Errorf("message: checkpoint: %w", err)
	}
	sum.Write(to)
	return nil
}

// snapshot are the messages, what workers were told, and what factors have not read yet. Beliefs
// are sums that every sweep begins with.
func (p *Messages) snapshot() *snapshot {
	c := p.cfg
	s := &snapshot{print: p.g.fingerprint("messages", c.Max, c.Alpha, c.Schedule, c.Damping, len(p.workers), c.Visits != nil),
		counts: []*int64{&p.sweep, &p.sent, &p.bytes}, numbers: [][]float64{p.pending}}
	for _, slots := range p.msg {
		s.numbers = append(s.numbers, slots...)
	}
	for _, w := range p.workers {
		for _, sh := range w.shares {
			s.numbers = append(s.numbers, sh.others)
		}
	}
	return s
}

// Save writes a checkpoint. [Messages.Load] into messages of the same declaration and settings goes
// on from it to the bits that an uninterrupted run has.
func (p *Messages) Save(w io.Writer) error { return p.snapshot().save(w) }

// Load takes up a checkpoint.
func (p *Messages) Load(r io.Reader) error {
	if err := p.snapshot().load(r); err != nil {
		return err
	}
	p.total()
	return nil
}

// snapshot are the natural parameters of q; statistics follow from them.
func (a *Ascent) snapshot() (*snapshot, []float64) {
	last := []float64{a.last}
	s := &snapshot{print: a.g.fingerprint("ascent", a.cfg.Step, len(a.order)), counts: []*int64{&a.sweep}, numbers: [][]float64{last}}
	s.numbers = append(s.numbers, a.eta...)
	return s, last
}

// Save writes a checkpoint. [Ascent.Load] into an ascent of the same declaration and settings goes
// on from it to the bits that an uninterrupted run has.
func (a *Ascent) Save(w io.Writer) error {
	s, _ := a.snapshot()
	return s.save(w)
}

// Load takes up a checkpoint.
func (a *Ascent) Load(r io.Reader) error {
	s, last := a.snapshot()
	if err := s.load(r); err != nil {
		return err
	}
	a.last = last[0]
	for _, b := range a.g.blocks {
		if b.known || b.maker != nil {
			continue
		}
		for i := range b.n {
			if _, err := b.family.Expect(a.stats(b, i), a.natural(b, i)); err != nil {
				return &NodeError{"variable", b.name, i, err}
			}
		}
	}
	for _, b := range a.g.blocks {
		a.derive(b)
	}
	return nil
}
