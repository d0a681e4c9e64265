package lda

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/train/engine"
)

// Bounds of what a picture shows.
const (
	mostTopics    = 24
	mostDocuments = 120
)

// pictures are the words of topics and the topics of documents.
func pictures(m *Model, j *job) ([]engine.Picture, error) {
	topics := m.Topics(coherent)
	shown := topics[:min(len(topics), mostTopics)]
	caption := "The likeliest words of each topic with their probabilities, the most frequent topics first."
	if len(shown) < len(topics) {
		caption += fmt.Sprintf(" %d of %d topics are drawn.", len(shown), len(topics))
	}
	heat, err := m.heat(j, topics)
	if err != nil {
		return nil, err
	}
	return []engine.Picture{
		{File: "topics.png", Section: "Topics", Caption: caption, Draw: func(w io.Writer) error { return drawTopics(w, shown) }},
		{File: "documents.png", Section: "Topics", Caption: fmt.Sprintf("Expected proportions of the topics, by column with the most frequent first, in %d documents, "+
			"by row and drawn at random, in the order of their largest topic.", len(heat.Values)), Draw: func(w io.Writer) error { return plot.HeatMap(w, heat) }},
	}, nil
}

// drawTopics draws the words of topics as bars.
func drawTopics(w io.Writer, topics []engine.Topic) error {
	var groups []plot.BarGroup
	for _, t := range topics {
		g := plot.BarGroup{Title: fmt.Sprintf("topic %d, %.1f %% of words, NPMI %.2f", t.Number, 100*t.Weight, *t.Coherence), Color: 1}
		for _, word := range t.Words {
			g.Names, g.Values = append(g.Names, word.Word), append(g.Values, word.P)
		}
		groups = append(groups, g)
	}
	return plot.WordBars(w, groups, "Words of topics", 3)
}

// heat is the map of proportions of some documents.
func (m *Model) heat(j *job, topics []engine.Topic) (plot.HeatSpec, error) {
	docs := j.docs.train
	order := rng.New(1).Named("picture").Perm(docs.Len())
	some := docs.Subset(order[:min(len(order), mostDocuments)])
	some.Vocabulary = docs.Vocabulary
	theta, err := m.proportions(some, j.config.Threads)
	if err != nil {
		return plot.HeatSpec{}, err
	}
	k := m.Fitted.Topics
	spec := plot.HeatSpec{Title: "Topics of documents", XLabel: "topic", YLabel: "document", Name: "proportion", Range: [2]float64{0, 1}}
	for _, t := range topics {
		spec.Columns = append(spec.Columns, fmt.Sprint(t.Number))
	}
	for d := range some.Len() {
		row := make([]float64, 0, k)
		for _, t := range topics {
			row = append(row, theta[d*k+t.Number-1])
		}
		spec.Values = append(spec.Values, row)
	}
	slices.SortStableFunc(spec.Values, func(a, b []float64) int {
		i, l := largest(a), largest(b)
		return cmp.Or(cmp.Compare(i, l), cmp.Compare(b[l], a[i]))
	})
	return spec, nil
}

// largest is the index of the largest value.
func largest(xs []float64) (at int) {
	for i, x := range xs {
		if x > xs[at] {
			at = i
		}
	}
	return at
}
