package topic_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/topic/corpus"
)

// Four documents of two kinds, in the LDA-C format: "number of terms, term:count …".
func ExampleFit() {
	text := "2 0:8 1:8\n2 0:7 1:9\n2 2:9 3:7\n2 2:8 3:8\n"
	docs, err := corpus.ReadAll(corpus.NewLDAC(strings.NewReader(text), corpus.Limits{}), 4, corpus.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := topic.Default(2)
	c.Alpha, c.Seed = 0.1, 3
	m, err := topic.Fit(context.Background(), docs, c)
	if err != nil {
		fmt.Println(err)
		return
	}
	words := []string{"wine", "cheese", "goal", "match"}
	for _, top := range m.Top(2) {
		fmt.Println(words[top[0]], words[top[1]])
	}
	// Unordered output:
	// cheese wine
	// goal match
}
