package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// passes adds up the times of a convolution's passes in the record of `elbo bench`.
func passes(text []byte, name string, wanted []string) ([]float64, error) {
	var report struct {
		Results []struct {
			Name    string
			Seconds float64
		}
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, err
	}
	total, found := 0., 0
	for _, x := range report.Results {
		if pass, ok := strings.CutPrefix(x.Name, name); ok && slices.Contains(wanted, pass) {
			total += x.Seconds
			found++
		}
	}
	if found != len(wanted) {
		return nil, fmt.Errorf("got %d passes of %s, want %v", found, name, wanted)
	}
	return []float64{total}, nil
}

// perOperation reads the time of the one benchmark in a test's output.
func perOperation(text []byte) ([]float64, error) {
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if i := slices.Index(fields, "ns/op"); i > 0 {
			ns, err := strconv.ParseFloat(fields[i-1], 64)
			return []float64{ns / 1e9}, err
		}
	}
	return nil, fmt.Errorf("no time in %q", lastLine(text))
}

// rates turns the examples a second of a run's epochs, but for the first, into seconds for so
// many rows.
func rates(path string, rows float64) ([]float64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var out []float64
	for d := json.NewDecoder(file); d.More(); {
		var epoch struct {
			Rate float64 `json:"examples_per_second"`
		}
		if err := d.Decode(&epoch); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, rows/epoch.Rate)
	}
	return out[min(1, len(out)):], nil
}

// lastLine is the last line of a program's output.
func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
