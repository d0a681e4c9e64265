package plan

import (
	"fmt"
	"strings"
)

// counter is a kernel that knows how many floating-point operations it does.
type counter interface{ Flops() int }

// String lists the program: a line a step, with its arguments and their sizes.
func (p *Program) String() string {
	var b strings.Builder
	p.list(&b, "")
	return b.String()
}

// list writes the listing, every line behind an indent.
func (p *Program) list(w *strings.Builder, indent string) {
	fmt.Fprintf(w, "%sprogram %s: %d steps, arena %s (at least %s)", indent, p.Name, len(p.Steps), bytes(p.Arena), bytes(p.Live()))
	if n := p.Flops(); n > 0 {
		fmt.Fprintf(w, ", %.4g MFLOP", float64(n)/1e6)
	}
	w.WriteByte('\n')
	for i, s := range p.Params {
		fmt.Fprintf(w, "%s  param %d %v\n", indent, i, s)
	}
	for i, r := range p.Results {
		fmt.Fprintf(w, "%s  result %d %v", indent, i, r.Shape)
		if r.InPlace >= 0 {
			fmt.Fprintf(w, " over param %d", r.InPlace)
		}
		w.WriteByte('\n')
	}
	for i, s := range p.Steps {
		fmt.Fprintf(w, "%s%5d %s", indent, i, s.Name())
		for _, a := range s.Args {
			w.WriteByte(' ')
			w.WriteString(p.place(a))
		}
		w.WriteByte('\n')
		for _, inner := range s.programs() {
			inner.list(w, indent+"      ")
		}
	}
}

// Flops counts the floating-point operations of one execution, as far as kernels tell; the
// programs inside a loop or a branch count once each.
func (p *Program) Flops() int {
	n := 0
	for _, s := range p.Steps {
		if k, ok := s.Kernel.(counter); ok {
			n += k.Flops()
		}
		for _, inner := range s.programs() {
			n += inner.Flops()
		}
	}
	return n
}

// Name tells what a step does.
func (s Step) Name() string {
	switch {
	case s.Kernel != nil:
		return s.Kernel.Name()
	case s.Loop != nil:
		return "while"
	case s.Branch != nil:
		return "if"
	case s.Host != nil:
		return "host " + s.Host.Name()
	}
	return "nothing"
}

// place names an argument: kind and number of its buffer, offset and size.
func (p *Program) place(a Arg) string {
	b := p.Buffers[a.Buffer]
	name := ""
	switch b.Kind {
	case Arena:
		name = fmt.Sprintf("@%d", b.Offset)
	case Param:
		name = fmt.Sprintf("param%d", b.Index)
	case Out:
		name = fmt.Sprintf("result%d", b.Index)
	case Const:
		name = fmt.Sprintf("const%d", a.Buffer)
	}
	if a.Offset > 0 {
		name += fmt.Sprintf("+%d", a.Offset)
	}
	return name + ":" + bytes(b.Size)
}

// bytes writes a size with its unit.
func bytes(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1fMiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1fKiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%dB", n)
}
