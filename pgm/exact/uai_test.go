package exact

import (
	"bufio"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/uai"
)

// instances of the competition of 2014 that have solutions.
var instances = []string{"Grids_11", "Grids_13", "CSP_12", "DBN_11", "DBN_14", "Segmentation_11", "Pedigree_12",
	"Promedus_15", "Promedus_24", "Alchemy_11", "ObjectDetection_11"}

func instance(t testing.TB, name string) (*pgm.Graph, pgm.Evidence) {
	t.Helper()
	m, err := uai.Read(tk.DataFile(t, "uai2014", name+".uai.gz"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := uai.ReadEvidence(tk.DataFile(t, "uai2014", name+".uai.evid"), m.Graph.Vars)
	if err != nil {
		t.Fatal(err)
	}
	return m.Graph, e
}

// The values were computed by a program of their own and print 12 digits; the bar is 1e-6.
func TestTheCompetitionIsSolvedOrRefused(t *testing.T) {
	for _, name := range instances {
		t.Run(name, func(t *testing.T) {
			g, e := instance(t, name)
			start := time.Now()
			tree, err := NewTree(g, e, Config{})
			var large *TooLarge
			if errors.As(err, &large) {
				t.Log(err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			took, worst := time.Since(start), 0.
			lines := bufio.NewScanner(tk.DataFile(t, "uai2014", name+".exact.txt.gz"))
			for lines.Scan() {
				w := strings.Fields(lines.Text())
				for i, s := range w[1:] {
					x, err := strconv.ParseFloat(s, 64)
					if must(t, x, err); w[0] == "lnZ" {
						tk.Close(t, "ln Z", tree.LogZ, x, 1e-9)
						continue
					}
					v, err := strconv.Atoi(w[0])
					m := tree.Marginals[must(t, v, err)]
					if m[i] > 0 || x > 0 {
						worst = max(worst, math.Abs(m[i]-x))
					}
				}
			}
			tk.Close(t, "worst error of a marginal", worst, 0, 1e-6)
			t.Logf("ln Z %.9f, worst %.2g, %v, %s, width %d, %.3g cells, %.3g bytes", tree.LogZ, worst, took.Round(time.Millisecond),
				tree.Plan.Heuristic, tree.Plan.Width, tree.Plan.Cells, tree.Plan.Bytes)
		})
	}
}

// The results that came with the instances print 6 digits.
func TestSmallInstancesAgreeWithTheirPublishedResults(t *testing.T) {
	for _, name := range []string{"CSP_12", "Pedigree_12", "Promedus_15", "Promedus_24"} {
		g, e := instance(t, name)
		tree, err := NewTree(g, e, Config{})
		must(t, tree, err)
		log10, err := uai.ReadPartition(tk.DataFile(t, "uai2014", name+".uai.PR"))
		must(t, log10, err)
		tk.Close(t, name+": log10 Z", tree.LogZ/math.Ln10, log10, 5e-6)
		marginals, err := uai.ReadMarginals(tk.DataFile(t, "uai2014", name+".uai.MAR.gz"))
		must(t, marginals, err)
		for v, m := range marginals {
			for s, p := range m {
				tk.Close(t, name, tree.Marginals[v][s], p, 1e-6)
			}
		}
		r, err := Eliminate(g, e, nil, Config{})
		must(t, r, err)
		tk.Close(t, name+": ln Z by elimination", r.LogZ, tree.LogZ, 1e-11)
	}
}
