package isa_test

import (
	"strconv"
	"strings"
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

// TestHigherLevelsIncludeLowerOnes: what runs one level runs all below it.
func TestHigherLevelsIncludeLowerOnes(t *testing.T) {
	if !(isa.Portable < isa.AVX2 && isa.AVX2 < isa.AVX512) {
		t.Error("the levels are not ascending")
	}
	for i, l := range isa.Available() {
		if l != isa.Level(i) {
			t.Errorf("level %d: got %v, want no gap", i, l)
		}
	}
	if got := isa.Best(); got != isa.Best() || got < isa.Portable || got > isa.AVX512 {
		t.Errorf("got best level %d", got)
	}
}

// TestErrorsNameWhatThereIs, so that a configuration can be put right.
func TestErrorsNameWhatThereIs(t *testing.T) {
	for _, name := range []string{"", "AVX2", "avx-512", "go "} {
		_, err := isa.Parse(name)
		if err == nil || !strings.Contains(err.Error(), "go avx2 avx512") || !strings.Contains(err.Error(), strconv.Quote(name)) {
			t.Errorf("%q: got %v, want the names of the levels", name, err)
		}
	}
	if got := isa.AVX512.String() + isa.AVX2.String() + isa.Portable.String(); got != "avx512avx2go" {
		t.Errorf("got %s", got)
	}
}

func TestTheDefinitionIsAlwaysAvailable(t *testing.T) {
	if l, err := isa.Parse("go"); err != nil || l != isa.Portable || l.String() != "go" {
		t.Errorf("got %v, %v, want the plain version", l, err)
	}
}
