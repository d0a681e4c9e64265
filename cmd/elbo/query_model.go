package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
	"github.com/elbo-go/elbo/pgm/uai"
)

// unpacked opens a file, or standard input for "-", and unpacks gzip by its first two bytes.
func unpacked(std io.Reader, name string) (in io.Reader, closing func(), err error) {
	closing = func() {}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, nil, err
		}
		std, closing = f, func() { f.Close() }
	}
	b := bufio.NewReaderSize(std, 1<<16)
	if head, _ := b.Peek(2); string(head) != "\x1f\x8b" {
		return b, closing, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		closing()
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return z, closing, nil
}

// readWith reads a file by a reader of its format.
func readWith[T any](std io.Reader, name string, read func(io.Reader) (T, error)) (value T, err error) {
	in, closing, err := unpacked(std, name)
	if err != nil {
		return value, err
	}
	defer closing()
	if value, err = read(in); err != nil {
		return value, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}

// readModel reads a network from a .bif file or a factor graph from a .uai file; the network is nil
// of factor graphs.
func readModel(std io.Reader, name string) (*pgm.Graph, *pgm.Network, error) {
	switch ext := strings.ToLower(filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))); ext {
	case ".uai":
		m, err := readWith(std, name, uai.Read)
		if err != nil {
			return nil, nil, err
		}
		return m.Graph, nil, nil
	case ".bif", "": // standard input
		n, err := readWith(std, name, bif.Read)
		if err != nil {
			return nil, nil, err
		}
		return n.Graph(), n, nil
	default:
		return nil, nil, misusef("%s: got extension %q, want .bif or .uai, either may be followed by .gz", name, ext)
	}
}

// placeOf finds a variable by its name.
func placeOf(flag string, vars []pgm.Variable, name string) (int, error) {
	names := make([]string, len(vars))
	for i, v := range vars {
		if v.Name == name {
			return i, nil
		}
		names[i] = v.Name
	}
	return 0, misusef("%s: variable: got %q, want one of %s%s", flag, name, few(names), didYouMean(name, names))
}

// few lists names, and counts those beyond a line.
func few(names []string) string {
	const most = 12
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// listItems are the parts of lists divided by commas, without blanks around them.
func listItems(lists []string) (out []string) {
	for _, l := range lists {
		for _, item := range strings.Split(l, ",") {
			if item = strings.TrimSpace(item); item != "" {
				out = append(out, item)
			}
		}
	}
	return out
}

// observed reads variable=state, … of a flag.
func observed(flag string, vars []pgm.Variable, lists []string) (pgm.Evidence, error) {
	e := pgm.Evidence{}
	for _, item := range listItems(lists) {
		name, state, ok := strings.Cut(item, "=")
		if !ok {
			return nil, misusef("%s: got %q, want VARIABLE=STATE", flag, item)
		}
		name, state = strings.TrimSpace(name), strings.TrimSpace(state)
		v, err := placeOf(flag, vars, name)
		if err != nil {
			return nil, err
		}
		s := vars[v].State(state)
		if s < 0 {
			return nil, misusef("%s: state of %s: got %q, want one of %s%s", flag, name, state, few(vars[v].States), didYouMean(state, vars[v].States))
		}
		if old, again := e[v]; again && old != s {
			return nil, misusef("%s: %s: got %s and %s, want one state", flag, name, vars[v].States[old], state)
		}
		e[v] = s
	}
	return e, nil
}

// targeted finds the variables of a flag, each once.
func targeted(flag string, vars []pgm.Variable, lists []string, seen pgm.Evidence) (places []int, err error) {
	in := map[int]bool{}
	for _, name := range listItems(lists) {
		v, err := placeOf(flag, vars, name)
		if err != nil {
			return nil, err
		}
		if s, fixed := seen[v]; fixed {
			return nil, misusef("%s: got %s, which is known to be %s, want variables that are not", flag, name, vars[v].States[s])
		}
		if !in[v] {
			in[v] = true
			places = append(places, v)
		}
	}
	return places, nil
}

// memorySize is a number of bytes on the command line, such as 4GiB.
type memorySize float64

// units of memory, the longer names first.
var units = []struct {
	name  string
	bytes float64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}, {"", 1},
}

// String implements pflag.Value.
func (m *memorySize) String() string {
	for _, u := range units[:4] {
		if x := float64(*m) / u.bytes; x >= 1 {
			return strconv.FormatFloat(x, 'g', 4, 64) + u.name
		}
	}
	return strconv.FormatFloat(float64(*m), 'f', 0, 64) + "B"
}

// Type implements pflag.Value.
func (m *memorySize) Type() string { return "size" }

// Set implements pflag.Value.
func (m *memorySize) Set(text string) error {
	for _, u := range units {
		number, ok := strings.CutSuffix(strings.ToLower(text), strings.ToLower(u.name))
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(x*u.bytes >= 1) || math.IsInf(x, 0) {
			break
		}
		*m = memorySize(x * u.bytes)
		return nil
	}
	return fmt.Errorf("got %q, want a size such as 512MiB or 4GiB", text)
}
