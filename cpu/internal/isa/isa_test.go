package isa_test

import (
	"testing"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

func TestLevelsAreOrderedAndNamed(t *testing.T) {
	all := isa.Available()
	if all[0] != isa.Portable || all[len(all)-1] != isa.Best() {
		t.Fatalf("levels: got %v, want from %v to %v", all, isa.Portable, isa.Best())
	}
	for _, l := range all {
		if got, err := isa.Parse(l.String()); err != nil || got != l {
			t.Errorf("%v: parses to %v, %v", l, got, err)
		}
	}
}

func TestUnknownOrMissingLevelsAreErrors(t *testing.T) {
	if _, err := isa.Parse("sse9"); err == nil {
		t.Error("got no error for a name that is no level")
	}
	for l := isa.Best() + 1; l <= isa.AVX512; l++ {
		if _, err := isa.Parse(l.String()); err == nil {
			t.Errorf("%v: got no error for a level that this machine lacks", l)
		}
	}
}
