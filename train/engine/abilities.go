package engine

import (
	"context"
	"encoding/json"
)

// Model is a fitted model, which its engine's Load reads back from its JSON.
type Model interface {
	json.Marshaler
}

// The abilities of models. A command asks for one by type assertion.
type (
	// Scorer gives each item of the data of a path its log density or log probability.
	Scorer interface {
		// Score reads the data of a path and scores every item.
		Score(ctx context.Context, path string) (*Scores, error)
	}
	// Assigner says what each item of the data of a path belongs to: a component, a state, a label,
	// proportions of topics.
	Assigner interface {
		// Assign reads the data of a path and makes a row of every item.
		Assign(ctx context.Context, path string) (*Table, error)
	}
	// Sampler draws new items. Equal seeds give equal items.
	Sampler interface {
		// Sample draws n items.
		Sample(ctx context.Context, n int, seed uint64) (*Table, error)
	}
	// Topical models have topics, of which the first n words are asked for.
	Topical interface {
		// Topics lists the topics, the most frequent first.
		Topics(n int) []Topic
	}
)

// Scores are log densities of items.
type Scores struct {
	Item string    // noun for one, such as "row"
	What string    // what the numbers are, such as "ln p(x)"
	Log  []float64 // one an item, nats
}

// Topic is a topic by its likeliest words.
type Topic struct {
	Number    int      `json:"topic"`          // from 1
	Weight    float64  `json:"weight"`         // share of all tokens
	Words     []Word   `json:"words"`          // likeliest first
	Coherence *float64 `json:"npmi,omitempty"` // mean normalised pointwise mutual information of pairs of the first words
}

// Word is a word with its probability within a topic.
type Word struct {
	Word string  `json:"word"` // as in the vocabulary
	P    float64 `json:"p"`    // within the topic
}
