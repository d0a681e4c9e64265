package network

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
)

// Sizes of a node and its text, in pixels.
const (
	nameSize  = 13.
	stateSize = 11.
	rowHeight = 17.
	headRoom  = 24.
	padding   = 9.
	barWidth  = 64.
	barHeight = 9.
	shareRoom = 44. // for a share such as 100.0 %
	mostRows  = 8   // states of a node; the least probable ones are counted instead
	mostText  = 150.
	margin    = 20.
	titleRoom = 34.
	tipLength = 9. // the last of an edge is upright, and so is its tip
)

// fills are the colours of a node's head, bars and edge by its kind: blue, orange and violet remain
// apart for readers with a colour-vision deficiency (Petroff 2021).
var fills = map[Kind][3]string{
	Free: {"#e8f1fb", "#3f90da", "#9dbfe0"},
	Seen: {"#fff0d2", "#ffa90e", "#e0b860"},
	Set:  {"#f1e4fa", "#832db6", "#bb92d3"},
}

var fonts = font.NewCache(liberation.Collection())

// textWidth is the width of a text in the typeface of the picture.
func textWidth(txt string, size float64, bold bool) float64 {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		f.Weight = xfont.WeightBold
	}
	face := fonts.Lookup(f, font.Length(size))
	return float64(face.Width(txt))
}

// fitted is a text that is not too wide, cut where it is.
func fitted(txt string, size float64, bold bool) string {
	txt = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, txt), "?")
	if textWidth(txt, size, bold) <= mostText {
		return txt
	}
	runes := []rune(txt)
	if len(runes) > 200 {
		runes = runes[:200]
	}
	for len(runes) > 0 && textWidth(string(runes)+"…", size, bold) > mostText {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// row is a state of a node.
type row struct {
	state string
	p     float64
}

// box is a node as it is drawn.
type box struct {
	name   string
	kind   Kind
	rows   []row
	more   int     // states that are not shown
	states float64 // width of their names
	w, h   float64
}

// newBox measures a node.
func newBox(n Node) box {
	b := box{name: fitted(n.Name, nameSize, true), kind: n.Kind}
	b.w, b.h = textWidth(b.name, nameSize, true)+2*padding, headRoom
	if n.P == nil {
		return b
	}
	for i, s := range n.States {
		b.rows = append(b.rows, row{fitted(s, stateSize, false), n.P[i]})
	}
	if len(b.rows) > mostRows {
		b.more = len(b.rows) - mostRows + 1
		slices.SortStableFunc(b.rows, func(x, y row) int { return cmp.Compare(y.p, x.p) })
		b.rows = b.rows[:mostRows-1]
	}
	for _, r := range b.rows {
		b.states = max(b.states, textWidth(r.state, stateSize, false))
	}
	b.w = max(b.w, b.states+barWidth+shareRoom+2*padding+8)
	b.h += float64(len(b.rows))*rowHeight + padding/2
	if b.more > 0 {
		b.h += rowHeight
	}
	return b
}

// picture is what is written.
type picture struct {
	title string
	g     *layered
	boxes []box
	left  float64 // what becomes 0
	w, h  float64
	head  float64
}

func newPicture(title string, g *layered, boxes []box) *picture {
	p := &picture{title: title, g: g, boxes: boxes, left: math.Inf(1)}
	right, bottom := math.Inf(-1), 0.
	for v, x := range g.x {
		p.left, right = min(p.left, x-g.half[v]), max(right, x+g.half[v])
		if v < g.nodes {
			bottom = max(bottom, g.y[v]+boxes[v].h/2)
		}
	}
	if title != "" {
		p.head = titleRoom
		right = max(right, p.left+textWidth(title, 17, true))
	}
	p.w, p.h = right-p.left+2*margin, bottom+2*margin+p.head
	return p
}

// at is a point of the layout on the picture.
func (p *picture) at(v int) (x, y float64) {
	return p.g.x[v] - p.left + margin, p.g.y[v] + margin + p.head
}

func escaped(txt string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(txt))
	return b.String()
}

// write writes the picture: edges first, so that nodes lie above them.
func (p *picture) write(out io.Writer) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.1f %.1f" font-family="Liberation Sans, Arial, Helvetica, sans-serif">`+"\n", p.w, p.h, p.w, p.h)
	fmt.Fprint(w, `<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 1L10 5L0 9z" fill="#717581"/></marker></defs>`+"\n")
	fmt.Fprintf(w, `<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	if p.title != "" {
		fmt.Fprintf(w, `<text x="%.1f" y="%.1f" font-size="17" font-weight="bold" fill="#1d2330">%s</text>`+"\n", margin, margin+14, escaped(p.title))
	}
	for _, path := range p.g.paths {
		fmt.Fprintf(w, `<path d="%s" fill="none" stroke="#717581" stroke-width="1.4" marker-end="url(#tip)"/>`+"\n", p.curve(path))
	}
	for v, b := range p.boxes {
		p.node(w, v, b)
	}
	fmt.Fprintln(w, "</svg>")
	if err := w.Flush(); err != nil {
		return fmt.Errorf("plot: network: writing the picture: %w", err)
	}
	return nil
}

// curve is an edge from the lower side of its parent to the upper side of its child. It goes
// upright through layers, and to the side between them alone, where no node is in its way.
func (p *picture) curve(path []int) string {
	var d strings.Builder
	x, y := p.at(path[0])
	fmt.Fprintf(&d, "M%.1f %.1f", x, y+p.boxes[path[0]].h/2)
	for i, v := range path[1:] {
		low, high := p.g.bottom[p.g.layer[path[i]]]+margin+p.head, p.g.top[p.g.layer[v]]+margin+p.head
		u, t := p.at(v)
		if v < p.g.nodes {
			high -= tipLength
		}
		bend := (high - low) * .6
		fmt.Fprintf(&d, "V%.1fC%.1f %.1f %.1f %.1f %.1f %.1f", low, x, low+bend, u, high-bend, u, high)
		if v < p.g.nodes {
			fmt.Fprintf(&d, "V%.1f", t-p.boxes[v].h/2)
		}
		x = u
	}
	return d.String()
}

// node draws a node.
func (p *picture) node(w io.Writer, v int, b box) {
	x, y := p.at(v)
	x, y = x-b.w/2, y-b.h/2
	fill := fills[b.kind]
	fmt.Fprintf(w, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="6" fill="#ffffff" stroke="%s" stroke-width="1.3"/>`+"\n", x, y, b.w, b.h, fill[2])
	fmt.Fprintf(w, `<path d="M%.1f %.1fv-%.1fq0 -6 6 -6h%.1fq6 0 6 6v%.1fz" fill="%s"/>`+"\n", x+.7, y+headRoom-2, headRoom-8.7, b.w-13.4, headRoom-8.7, fill[0])
	fmt.Fprintf(w, `<text x="%.1f" y="%.1f" font-size="%g" font-weight="bold" text-anchor="middle" fill="#1d2330">%s</text>`+"\n", x+b.w/2, y+headRoom-9, nameSize, escaped(b.name))
	for i, r := range b.rows {
		base := y + headRoom + float64(i)*rowHeight + rowHeight/2 + 4
		left := x + padding + b.states + 6
		long := barWidth * min(max(r.p, 0), 1)
		fmt.Fprintf(w, `<text x="%.1f" y="%.1f" font-size="%g" fill="#1d2330">%s</text>`, x+padding, base, stateSize, escaped(r.state))
		fmt.Fprintf(w, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#eef0f4"/><rect x="%.1f" y="%.1f" width="%.2f" height="%.1f" fill="%s"/>`,
			left, base-barHeight+.5, barWidth, barHeight, left, base-barHeight+.5, long, barHeight, fill[1])
		fmt.Fprintf(w, `<text x="%.1f" y="%.1f" font-size="%g" text-anchor="end" fill="#5b6475">%s</text>`+"\n", x+b.w-padding, base, stateSize, escaped(share(r.p)))
	}
	if b.more > 0 {
		fmt.Fprintf(w, `<text x="%.1f" y="%.1f" font-size="%g" fill="#5b6475">and %d more</text>`+"\n", x+padding, y+headRoom+float64(len(b.rows))*rowHeight+rowHeight/2+4, stateSize, b.more)
	}
}

// share writes a probability as a percentage; what is neither 0 nor 1 is not written as if it were.
func share(p float64) string {
	switch s := 100 * p; {
	case p > 0 && s < .05:
		return "<0.1 %"
	case p < 1 && s > 99.95:
		return ">99.9 %"
	default:
		return fmt.Sprintf("%.1f %%", s)
	}
}
