package anomaly

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// Subject is the model whose view of rows is asked for, with what some scores need beside it.
type Subject struct {
	// Net is the trained network.
	Net *vae.Network
	// Shape is that of a row: H×W or H×W×C of an image.
	Shape []int
	// Reference holds rows that were trained on, N×width as the network sees them; what a score
	// learns from them it learns from the first [MaxReference].
	Reference []float32
	// Background is a model of what normal rows and strange ones share.
	Background *vae.Network
	// Members are further models of the same rows, such as those of other seeds.
	Members []*vae.Network
	// Draws of z behind a bound, [UsualDraws] if 0; Weights of an importance-sampled likelihood,
	// [UsualWeights] if 0.
	Draws, Weights int
}

// MaxReference bounds the rows of reference that a score looks at.
const MaxReference = 10_000

// Draws and weights of a row, enough that the score of a digit moves by well under a nat.
const (
	UsualDraws   = 16
	UsualWeights = 100
)

// Need is something that a score cannot do without.
type Need string

// The needs.
const (
	NeedsEvidence    Need = "a model with guide and prior, or with a density"
	NeedsBound       Need = "a model with a bound on ln p(x)"
	NeedsDensity     Need = "a model with a bound on ln p(x) or with a density"
	NeedsEncoder     Need = "a model that encodes"
	NeedsDecoder     Need = "a model that reconstructs rows from codes"
	NeedsGuide       Need = "a model whose codes have a variance"
	NeedsImages      Need = "rows that are images with values in [0, 1]"
	NeedsIndices     Need = "a model whose codes are indices with a learned prior"
	NeedsNormalGuide Need = "a model with a diagonal normal guide and no classes"
	NeedsContinuous  Need = "a model with guide and prior, codes of real numbers and no classes"
	NeedsCoins       Need = "a Bernoulli likelihood"
	NeedsReference   Need = "rows that were trained on"
	NeedsBackground  Need = "a background model"
	NeedsMembers     Need = "further models of the same rows"
)

// Score is a way to say how strange a row is; larger is stranger.
type Score struct {
	Name    string // as on the command line
	Summary string // one line
	Formula string // of the score of a row x
	Paper   string // "Author year"
	Needs   []Need // what it cannot do without
	Slow    bool   // takes a search for every row

	fit func(ctx context.Context, s Subject, key rng.Key) (Function, error)
}

// Function scores rows, N×width as the network sees them. The key decides all draws.
type Function func(ctx context.Context, x []float32, key rng.Key) ([]float64, error)

// registry holds the scores; each file adds its own.
var registry = map[string]Score{}

// register adds a score.
func register(s Score) {
	if _, ok := registry[s.Name]; ok {
		panic(fmt.Sprintf("anomaly: score %q: registered twice", s.Name))
	}
	registry[s.Name] = s
}

// Scores lists the scores by name.
func Scores() []Score {
	out := make([]Score, 0, len(registry))
	for _, s := range registry {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Score) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Names lists the names of the scores.
func Names() []string {
	var out []string
	for _, s := range Scores() {
		out = append(out, s.Name)
	}
	return out
}

// Lookup returns the score of a name.
func Lookup(name string) (Score, error) {
	s, ok := registry[name]
	if !ok {
		return s, fmt.Errorf("anomaly: score: got %q, want one of %s", name, strings.Join(Names(), ", "))
	}
	return s, nil
}

// Wants tells whether the score has a need.
func (s Score) Wants(n Need) bool { return slices.Contains(s.Needs, n) }

// Check tells what the score lacks.
func (s Score) Check(of Subject) error {
	for _, n := range s.Needs {
		if !of.has(n) {
			return fmt.Errorf("anomaly: score %s of model %s: want %s", s.Name, of.Net.Name, n)
		}
	}
	return nil
}

// Fit prepares the score: it learns from the rows of reference what it needs of them. The
// function may be used by one goroutine at a time.
func (s Score) Fit(ctx context.Context, of Subject, key rng.Key) (Function, error) {
	if err := s.Check(of); err != nil {
		return nil, err
	}
	if n := MaxReference * of.Net.Width(); len(of.Reference) > n {
		of.Reference = of.Reference[:n]
	}
	f, err := s.fit(ctx, of, key.Named("fit"))
	if err != nil {
		return nil, fmt.Errorf("anomaly: score %s: %w", s.Name, err)
	}
	return f, nil
}

// has tells whether a need is met.
func (s Subject) has(n Need) bool {
	can := s.Net.Can()
	switch n {
	case NeedsBound:
		return bounded(s.Net)
	case NeedsEvidence:
		return can["bound"] || s.Net.Config.Likelihood == vae.Density
	case NeedsDensity:
		return hasDensity(s.Net)
	case NeedsEncoder:
		return can["encode"]
	case NeedsDecoder:
		return can["decode"] && s.Net.Config.Likelihood != vae.Density // whose maps lose nothing
	case NeedsGuide:
		return can["encode"] && can["bound"]
	case NeedsImages:
		return len(s.Shape) == 2 || len(s.Shape) == 3 && (s.Shape[2] == 1 || s.Shape[2] == 3)
	case NeedsIndices:
		_, ordered := s.Net.Model.(vae.Ancestral)
		return ordered && can["encode"] && can["decode"]
	case NeedsNormalGuide:
		return can["bound"] && s.Net.Width() == s.Net.Config.Dim && normalGuide(s.Net)
	case NeedsContinuous:
		return can["bound"] && can["encode"] && can["interpolate"] && s.Net.Width() == s.Net.Config.Dim && restorable(s.Net)
	case NeedsCoins:
		return coins(s.Net.Config)
	case NeedsReference:
		return len(s.Reference) > 0
	case NeedsBackground:
		return s.Background != nil && hasDensity(s.Background)
	case NeedsMembers:
		return len(s.Members) > 0 && !slices.ContainsFunc(s.Members, func(n *vae.Network) bool { return !hasDensity(n) })
	}
	return false
}

// bounded tells whether the terms of a model are those of a bound on ln p(x).
func bounded(n *vae.Network) bool { return n.Kind() == vi.KindELBO }

// hasDensity tells whether the terms of a model are those of ln p(x) or of a bound on it.
func hasDensity(n *vae.Network) bool {
	return bounded(n) || n.Config.Likelihood == vae.Density
}

// draws and weights are those of the subject or the usual ones.
func (s Subject) draws() int {
	if s.Draws > 0 {
		return s.Draws
	}
	return UsualDraws
}

func (s Subject) weights() int {
	if s.Weights > 0 {
		return s.Weights
	}
	return UsualWeights
}
