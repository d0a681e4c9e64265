package crf

import (
	"cmp"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/elbo-go/elbo/crf"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/train/engine"
)

// mostLabels bounds the labels that a picture names.
const mostLabels = 40

// pictures are the confusion of labels, the figures of each type of chunk and the transitions.
func pictures(m *Model, s *sentences, workers int) ([]engine.Picture, error) {
	data := s.test
	if len(data) == 0 {
		data = s.train
	}
	got, err := m.Field.PredictAll(data, workers)
	if err != nil {
		return nil, err
	}
	score, err := crf.ScoreChunks(labelsOf(data), got)
	if err != nil {
		return nil, err
	}
	counts, labels := confusion(data, got)
	out := []engine.Picture{
		{File: "confusion.png", Section: "Labels", Caption: "Tokens by their true and their predicted label, the most frequent labels first. Right ones are blue, wrong ones orange, darker with their share of the row.",
			Draw: func(w io.Writer) error { return plot.Confusion(w, counts, labels, "True and predicted labels") }},
		{File: "types.png", Section: "Labels", Caption: "F1 of each type of chunk, the most frequent first, with precision and recall.",
			Draw: func(w io.Writer) error { return drawTypes(w, score) }},
	}
	if names := m.Field.Labels(); len(names) <= mostLabels {
		c, err := m.Field.Chain(data[0].Rows)
		if err != nil {
			return nil, err
		}
		out = append(out, engine.Picture{File: "transitions.png", Section: "Labels",
			Caption: "Weight of a label, by column, after another, by row: what is learnt of the order of labels.",
			Draw:    func(w io.Writer) error { return drawTransitions(w, c.Transition, names) }})
	}
	return out, nil
}

// confusion counts tokens by true and predicted label, the most frequent first; rare ones beyond what a
// picture names are one label.
func confusion(data []crf.Sequence, got [][]string) (counts [][]int, labels []string) {
	n := map[string]int{}
	for i, s := range data {
		for t, y := range s.Labels {
			n[y]++
			n[got[i][t]] += 0
		}
	}
	labels = slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(n[b]-n[a], cmp.Compare(a, b)) })
	at := map[string]int{}
	for i, y := range labels {
		at[y] = min(i, mostLabels-1)
	}
	if len(labels) > mostLabels {
		labels = append(labels[:mostLabels-1:mostLabels-1], "others")
	}
	counts = make([][]int, len(labels))
	for i := range counts {
		counts[i] = make([]int, len(labels))
	}
	for i, s := range data {
		for t, y := range s.Labels {
			counts[at[y]][at[got[i][t]]]++
		}
	}
	return counts, labels
}

// drawTypes draws F1, precision and recall of the types.
func drawTypes(w io.Writer, score crf.ChunkScore) error {
	types := score.Types()
	slices.SortStableFunc(types, func(a, b string) int { return score.ByType[b].Gold - score.ByType[a].Gold })
	types = types[:min(len(types), mostLabels)]
	f1 := plot.Bars{Name: "F1", Color: 1, Shade: .5, Edges: []float64{.5}}
	precision, recall := plot.Marks{Name: "precision", Color: 2, Shape: 1, Size: 4}, plot.Marks{Name: "recall", Color: 3, Shape: 2, Size: 4}
	for i, kind := range types {
		c, x := score.ByType[kind], float64(i+1)
		if types[i] == "" {
			types[i] = "(no type)"
		}
		f1.Edges, f1.Heights = append(f1.Edges, x+.5), append(f1.Heights, 100*c.F1())
		precision.X, precision.Y = append(precision.X, x-.15), append(precision.Y, 100*c.Precision())
		recall.X, recall.Y = append(recall.X, x+.15), append(recall.Y, 100*c.Recall())
	}
	if len(types) == 0 {
		types, f1.Edges, f1.Heights = []string{"no chunks"}, []float64{.5, 1.5}, []float64{0}
		precision, recall = plot.Marks{}, plot.Marks{}
	}
	return plot.Charts(w, "Chunks by type", []plot.ChartSpec{{YLabel: "%", Places: types, Y: [2]float64{0, 100}, Bars: []plot.Bars{f1},
		Marks: []plot.Marks{precision, recall}}}, plot.ChartsOptions{})
}

// drawTransitions draws the C×C weights as coloured cells.
func drawTransitions(w io.Writer, weights []float64, labels []string) error {
	n := len(labels)
	rows := make([][]float32, n)
	for i := range rows {
		for _, v := range weights[i*n : (i+1)*n] {
			rows[i] = append(rows[i], float32(math.Round(100*v)/100))
		}
	}
	return plot.RowHeat(w, rows, labels, plot.RowHeatOptions{Title: "Weights of transitions", RowLabels: labels, Shared: true})
}
