package main

import (
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/topic/corpus"
)

const (
	words  = 10473
	topics = 50
)

// held names the documents held out: what topic_speed.py prints as its split.
//
//go:embed held.json
var held []byte

// problem is the corpus in its three parts.
type problem struct {
	train, given, asked *corpus.Corpus
}

// load reads AP and parts it.
func load(data string) (*problem, error) {
	f, err := os.Open(filepath.Join(data, "ap-lda", "ap.dat.gz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	all, err := corpus.ReadAll(corpus.NewLDAC(z, corpus.Limits{}), words, corpus.Limits{})
	if err != nil {
		return nil, err
	}
	var out []int
	if err := json.Unmarshal(held, &out); err != nil {
		return nil, err
	}
	return split(all, out)
}

// split holds documents out.
func split(all *corpus.Corpus, out []int) (*problem, error) {
	in, test := []int{}, map[int]bool{}
	for _, d := range out {
		if d < 0 || d >= all.Len() {
			return nil, fmt.Errorf("topics: held-out document: got %d, want one of %d", d, all.Len())
		}
		test[d] = true
	}
	for d := range all.Len() {
		if !test[d] {
			in = append(in, d)
		}
	}
	p := &problem{train: all.Subset(in), given: &corpus.Corpus{Vocabulary: all.Vocabulary}, asked: &corpus.Corpus{Vocabulary: all.Vocabulary}}
	for _, d := range out {
		x := all.Doc(d)
		p.given.Add(every(x, 0))
		p.asked.Add(every(x, 1))
	}
	return p, nil
}

// every is each second entry of a document.
func every(x corpus.Document, first int) (half corpus.Document) {
	for i := first; i < len(x.Terms); i += 2 {
		half.Terms, half.Counts = append(half.Terms, x.Terms[i]), append(half.Counts, x.Counts[i])
	}
	return half
}

// unigram is the perplexity of the frequencies of the words with .01 added to every count.
func (p *problem) unigram() (float64, error) {
	n, total := make([]float64, p.train.Vocabulary), 0.01*float64(p.train.Vocabulary)
	for i, v := range p.train.Terms {
		n[v] += float64(p.train.Counts[i])
		total += float64(p.train.Counts[i])
	}
	sum, tokens := 0.0, p.asked.Tokens()
	if tokens == 0 {
		return 0, fmt.Errorf("topics: got no words to score")
	}
	for i, v := range p.asked.Terms {
		sum -= float64(p.asked.Counts[i]) * math.Log((n[v]+0.01)/total)
	}
	return math.Exp(sum / float64(tokens)), nil
}

// own are the engines of elbo: points in the order of sweeps or steps.
var own = map[string]func(context.Context, *problem, int) ([]point, error){"batch": batch, "stochastic": stochastic}

// config is the comparison's: K and the priors of the peers, and half the inner updates of
// topic.Default: on a tenth of its training documents they end as low by two thirds of the updates.
func config(threads int) topic.Config {
	c := topic.Default(topics)
	c.Alpha, c.Eta, c.Inner, c.Threads, c.Tolerance = 1./topics, 1./topics, 10, threads, 0
	return c
}

// batch fits anew with 1, 2, … 20 sweeps, the bound of the last included.
func batch(ctx context.Context, p *problem, threads int) (points []point, err error) {
	c := config(threads)
	for c.Sweeps = 1; c.Sweeps <= 20; c.Sweeps++ {
		start := time.Now()
		m, err := topic.Fit(ctx, p.train, c)
		if err != nil {
			return nil, err
		}
		seconds := time.Since(start).Seconds()
		got, err := m.Score(p.given, p.asked, threads)
		if err != nil {
			return nil, err
		}
		points = append(points, point{seconds, got.Perplexity})
	}
	return points, nil
}

// stochastic scores the topics of one learner after every fifth step, with the clock stopped.
func stochastic(ctx context.Context, p *problem, threads int) (points []point, err error) {
	c := config(threads)
	c.Batch, c.Sweeps, c.Delay = 256, 5, 4
	s, err := topic.NewLearner(p.train.Vocabulary, c)
	if err != nil {
		return nil, err
	}
	var failed error
	var seconds float64
	start := time.Now()
	s.Config.Progress = func(r topic.Record) {
		seconds += time.Since(start).Seconds()
		if r.Sweep%5 == 0 && failed == nil {
			got, err := s.Model.Score(p.given, p.asked, threads)
			points, failed = append(points, point{seconds, got.Perplexity}), err
		}
		start = time.Now()
	}
	if err := s.Fit(ctx, p.train); err != nil {
		return nil, err
	}
	return points, failed
}
