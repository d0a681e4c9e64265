package crf

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Count is how many chunks there are, were said to be, and are right.
type Count struct {
	// Gold, Found and Right count the chunks of the truth, of the prediction and of both.
	Gold, Found, Right int
}

// Precision is Right/Found, 0 where nothing was found.
func (c Count) Precision() float64 { return ratio(c.Right, c.Found) }

// Recall is Right/Gold, 0 where there is nothing to find.
func (c Count) Recall() float64 { return ratio(c.Right, c.Gold) }

// F1 is the harmonic mean of precision and recall, 2 Right/(Gold + Found).
func (c Count) F1() float64 { return ratio(2*c.Right, c.Gold+c.Found) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// ChunkScore compares two labellings chunk by chunk.
type ChunkScore struct {
	// Count is over all types of chunks.
	Count
	// Tokens and RightTokens count labels.
	Tokens, RightTokens int
	// ByType counts the chunks of each type.
	ByType map[string]Count
}

// Accuracy is the part of tokens that have the right label.
func (s ChunkScore) Accuracy() float64 { return ratio(s.RightTokens, s.Tokens) }

// Types lists the types of chunks in order.
func (s ChunkScore) Types() []string { return slices.Sorted(maps.Keys(s.ByType)) }

// chunk is tokens of one type from start up to, not including, end.
type chunk struct {
	start, end int
	kind       string
}

// parted splits a label into its mark, B I E S O, and the type of its chunk. Labels without a mark
// are chunks of one type that go on while the label stays.
func parted(label string) (mark byte, kind string) {
	head, kind, found := strings.Cut(label, "-")
	switch {
	case label == "O":
		return 'O', ""
	case len(head) == 1 && (found || strings.Contains("BIES", head)):
		return head[0], kind
	}
	return 'I', label
}

// chunksOf lists the chunks of labels by the rules of the shared task's scorer (Tjong Kim Sang &
// Buchholz 2000, section 4): a chunk begins at B or S, after E, S or O, and where the type changes.
func chunksOf(labels []string) []chunk {
	var out []chunk
	open, before, kind := false, byte('O'), ""
	for t, label := range labels {
		mark, now := parted(label)
		ends := before == 'E' || before == 'S' || mark == 'B' || mark == 'S' || mark == 'O' || now != kind
		if open && ends {
			out[len(out)-1].end, open = t, false
		}
		if mark != 'O' && !open {
			out, open = append(out, chunk{t, len(labels), now}), true
		}
		before, kind = mark, now
	}
	return out
}

// ScoreChunks counts a chunk as right if its ends and its type are those of a chunk in gold.
// Chunks do not cross the ends of sequences.
func ScoreChunks(gold, predicted [][]string) (ChunkScore, error) {
	s := ChunkScore{ByType: map[string]Count{}}
	if len(gold) != len(predicted) {
		return s, fmt.Errorf("crf: chunks: sequences: got %d, want %d", len(predicted), len(gold))
	}
	for i, want := range gold {
		got := predicted[i]
		if len(got) != len(want) {
			return s, fmt.Errorf("crf: chunks: sequence %d: labels: got %d, want %d", i, len(got), len(want))
		}
		for t, label := range want {
			if s.Tokens++; label == got[t] {
				s.RightTokens++
			}
		}
		s.compare(chunksOf(want), chunksOf(got))
	}
	return s, nil
}

// compare counts the chunks of one sequence.
func (s *ChunkScore) compare(want, got []chunk) {
	known := map[chunk]bool{}
	for _, c := range want {
		known[c] = true
		s.add(c.kind, Count{Gold: 1})
	}
	for _, c := range got {
		n := Count{Found: 1}
		if known[c] {
			n.Right = 1
		}
		s.add(c.kind, n)
	}
}

func (s *ChunkScore) add(kind string, n Count) {
	sum := func(a Count) Count { return Count{a.Gold + n.Gold, a.Found + n.Found, a.Right + n.Right} }
	s.Count, s.ByType[kind] = sum(s.Count), sum(s.ByType[kind])
}
