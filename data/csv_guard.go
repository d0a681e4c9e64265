package data

import "io"

// csvGuard passes CSV bytes on and bounds each record before encoding/csv holds it: a quoted
// field without end would otherwise grow to the size of the file.
type csvGuard struct {
	r        io.Reader
	comma    byte
	lim      Limits
	quoted   bool
	n, cells int // bytes and separators of the record so far
	row      int // line of the record, from 1
	line     int
	err      error
}

// Read implements io.Reader. At a limit it fails for good.
func (g *csvGuard) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.r.Read(p)
	for _, c := range p[:n] {
		g.n++
		switch {
		case c == '"':
			g.quoted = !g.quoted
		case c == '\n':
			g.line++
			if !g.quoted {
				g.n, g.cells, g.row = 0, 0, g.line+1
			}
		case c == g.comma && !g.quoted:
			g.cells++
		}
		if g.err = g.check(); g.err != nil {
			return 0, g.err
		}
	}
	return n, err
}

// check compares the record with the limits.
func (g *csvGuard) check() error {
	switch {
	case g.n > g.lim.MaxRecordBytes && g.quoted:
		return malformed("csv", rowField(g.row), "got more than %d bytes inside a quoted field, want a closing quote", g.lim.MaxRecordBytes)
	case g.n > g.lim.MaxRecordBytes:
		return malformed("csv", rowField(g.row), "got more than %d bytes, want a line break", g.lim.MaxRecordBytes)
	case g.cells >= g.lim.MaxColumns:
		return malformed("csv", rowField(g.row), "got more than %d columns, want at most that many", g.lim.MaxColumns)
	}
	return nil
}
