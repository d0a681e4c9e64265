package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

// screen shows work to a human: on a terminal one live line that is drawn over itself and
// finished lines above it, elsewhere the finished lines alone.
type screen struct {
	w     io.Writer
	live  bool       // the line may be drawn over itself
	color bool       // escape codes for colours are welcome
	width func() int // columns of the terminal
	drawn int        // columns of the live line on the terminal now
	last  time.Time  // when it was drawn
	began time.Time  // first step since the program began, for the remaining time
	first int64      // number of that step
	total int        // epochs of the run
	seen  int        // epochs finished since the program began
	phase string     // that the last sweep was of
	ended string     // line of the last sweep, if it has not been printed
}

// redraw is the least time between two drawings of the live line.
const redraw = 100 * time.Millisecond

// newScreen looks at what the writer is. NO_COLOR, if not empty, turns colours off, TERM=dumb
// the live line too.
func newScreen(w io.Writer) *screen {
	s := &screen{w: w, width: func() int { return 80 }}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return s
	}
	s.live = true
	s.color = os.Getenv("NO_COLOR") == ""
	s.width = func() int {
		if cols, _, err := term.GetSize(int(f.Fd())); err == nil && cols > 0 {
			return cols
		}
		return 80
	}
	return s
}

// piece is a part of a line; of those that do not fit, the one with the lowest rank goes first.
type piece struct {
	text string
	rank int
}

// fit joins the pieces that fit into the given number of columns.
func fit(pieces []piece, columns int) string {
	for {
		text := make([]string, len(pieces))
		lowest := 0
		for i, p := range pieces {
			text[i] = p.text
			if p.rank < pieces[lowest].rank {
				lowest = i
			}
		}
		line := strings.Join(text, "  ")
		if utf8.RuneCountInString(line) <= columns {
			return line
		}
		if len(pieces) == 1 {
			return string([]rune(line)[:max(0, columns)])
		}
		pieces = append(append([]piece(nil), pieces[:lowest]...), pieces[lowest+1:]...)
	}
}

// draw shows the live line, at most ten times a second. It uses no escape codes, so that
// any terminal that knows carriage return will do.
func (s *screen) draw(pieces []piece) {
	now := time.Now()
	if !s.live || now.Sub(s.last) < redraw {
		return
	}
	s.last = now
	line := fit(pieces, s.width()-1)
	n := utf8.RuneCountInString(line)
	fmt.Fprint(s.w, "\r", line, strings.Repeat(" ", max(0, min(s.drawn, s.width()-1)-n)))
	s.drawn = n
}

// clear removes the live line.
func (s *screen) clear() {
	if s.drawn > 0 {
		fmt.Fprint(s.w, "\r", strings.Repeat(" ", min(s.drawn, s.width()-1)), "\r")
		s.drawn, s.last = 0, time.Time{}
	}
}

// println writes a finished line above the live one.
func (s *screen) println(line string) {
	s.clear()
	fmt.Fprintln(s.w, line)
}

// SGR codes of the colours in use.
const (
	green  = "32"
	yellow = "33"
)

// paint colours a text where colours are welcome.
func (s *screen) paint(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// step draws where a run stands.
func (s *screen) step(p train.Progress) {
	if s.began.IsZero() {
		s.began, s.first = time.Now(), p.Step
	}
	s.total = p.Epochs
	r := p.Record
	pieces := []piece{
		{fmt.Sprintf("epoch %d/%d", p.Epoch, p.Epochs), 9},
		{bar(p.Step, p.Steps), 1},
		{fmt.Sprintf("step %d/%d", p.Step, p.Steps), 3},
		{"ETA " + s.remaining(p), 7},
		{fmt.Sprintf("%s %.2f", r.Kind, r.Bound), 8},
	}
	if r.Parted() {
		pieces = append(pieces, piece{fmt.Sprintf("reconstruction %.2f", r.Reconstruction), 5},
			piece{fmt.Sprintf("KL %.2f", r.KL), 6}, piece{fmt.Sprintf("β %.3g", r.Beta), 4})
	}
	s.draw(append(pieces, piece{text.Thousands(int(p.PerSecond)) + "/s", 2}))
}

// bar draws the share that is done.
func bar(done, of int64) string {
	const cells = 10
	n := int(cells * done / max(1, of))
	return "[" + strings.Repeat("#", n) + strings.Repeat(".", cells-n) + "]"
}

// remaining estimates the time to the last step from the steps since the program began.
func (s *screen) remaining(p train.Progress) string { return s.left(p.Step, p.Steps) }

// left estimates the time from step at to the last of steps.
func (s *screen) left(at, steps int64) string {
	made := at - s.first
	if made < 1 {
		return "-:--"
	}
	left := time.Duration(float64(time.Since(s.began)) / float64(made) * float64(steps-at)).Round(time.Second)
	if left >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", int(left.Hours()), int(left.Minutes())%60, int(left.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d", int(left.Minutes()), int(left.Seconds())%60)
}

// epoch writes the line of a finished epoch.
func (s *screen) epoch(e vi.Epoch, best bool) {
	s.seen++
	pieces := []piece{
		{fmt.Sprintf("epoch %d/%d", e.Epoch, s.total), 9},
		{fmt.Sprintf("valid %s %.2f", e.Valid.Kind, e.Valid.Bound), 8},
	}
	if e.Valid.Parted() {
		pieces = append(pieces, piece{fmt.Sprintf("reconstruction %.2f", e.Valid.Reconstruction), 4}, piece{fmt.Sprintf("KL %.2f", e.Valid.KL), 5})
	}
	pieces = append(pieces, piece{fmt.Sprintf("train %s %.2f", e.Train.Kind, e.Train.Bound), 6})
	if e.Valid.Parted() {
		pieces = append(pieces, piece{fmt.Sprintf("β %.3g", e.Beta), 3})
	}
	if e.ErrorRate != nil {
		pieces = append(pieces, piece{fmt.Sprintf("class error %.2f %%", 100**e.ErrorRate), 6})
	}
	if e.Telemetry.Latent > 0 {
		pieces = append(pieces, piece{fmt.Sprintf("active %d/%d", e.Telemetry.ActiveUnits, e.Telemetry.Latent), 2})
	}
	if e.ExamplesPerSecond > 0 { // not where the program was started after the last step of the epoch
		pieces = append(pieces, piece{text.Thousands(int(e.ExamplesPerSecond)) + "/s", 1})
	}
	if best {
		pieces = append(pieces, piece{"best", 7})
	}
	columns := 1 << 20
	if s.live {
		columns = s.width() - 1
	}
	line := fit(pieces, columns)
	if text, ok := strings.CutSuffix(line, "best"); ok {
		line = text + s.paint(green, "best")
	}
	s.println(line)
}

// warn writes a warning.
func (s *screen) warn(name, detail string) {
	s.println(s.paint(yellow, "warning") + ": " + name + ": " + detail)
}
