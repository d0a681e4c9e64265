package supervised

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/bnn"
)

func TestTheDefaultConfigIsValidAndComesBackFromJSON(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var again Config
	if err := json.Unmarshal(b, &again); err != nil || !reflect.DeepEqual(c, again) {
		t.Errorf("got %+v, want %+v (%v)", again, c, err)
	}
	if r := c.net(false).Resolved(405, 1); r.Epochs != 3000 || r.Batch != 405 {
		t.Errorf("got %d epochs of %d rows, want 3000 of 405", r.Epochs, r.Batch)
	}
}

func TestWrongValuesSayWhatIsWanted(t *testing.T) {
	for want, edit := range map[string]func(*Config){
		`model: got "cnn", want bnn`:                    func(c *Config) { c.Model = "cnn" },
		"max-rows: got -1, want 0 to":                   func(c *Config) { c.MaxRows = -1 },
		"epochs: got -1":                                func(c *Config) { c.Epochs = -1 },
		"batch: got -3":                                 func(c *Config) { c.Batch = -3 },
		"lr: got NaN":                                   func(c *Config) { c.LR = math.NaN() },
		"prior-sd: got 0":                               func(c *Config) { c.PriorSD = 0 },
		"noise: got -1":                                 func(c *Config) { c.Noise = -1 },
		"members: got 0":                                func(c *Config) { c.Members = 0 },
		"dropout: got 1":                                func(c *Config) { c.Dropout = 1 },
		"draws: got 0":                                  func(c *Config) { c.Draws = 0 },
		"save-every: got -1":                            func(c *Config) { c.SaveEvery = -1 },
		"hidden layer 1: got 0, want 1":                 func(c *Config) { c.Hidden = []int{3, 0} },
		`bnn: method: got "hmc", want one of vi`:        func(c *Config) { c.Method = "hmc" },
		`bnn: head: got "poisson", want one of `:        func(c *Config) { c.Head = "poisson" },
		`bnn: prior: got "flat", want one of `:          func(c *Config) { c.Prior = "flat" },
		`bnn: estimator: got "own", want one of `:       func(c *Config) { c.Estimator = "own" },
		"bnn: noise: got 1 with a heteroscedastic head": func(c *Config) { c.Noise, c.Head = 1, "heteroscedastic" },
		"bnn: method dropout: got no hidden layer":      func(c *Config) { c.Method, c.Hidden = "dropout", []int{} },
		"bnn: method last-layer: got a classes head":    func(c *Config) { c.Method, c.Head = "last-layer", "classes" },
		`evidence: got "maybe", want one of on, off`:    func(c *Config) { c.Evidence = "maybe" },
		`bnn: evidence: got it with method "vi"`:        func(c *Config) { c.Evidence = "on" },
		"bnn: prior: got a mixture with method laplace": func(c *Config) { c.Prior, c.Method = "mixture", "laplace" },
	} {
		c := Default()
		edit(&c)
		says(t, c.Validate(), want)
	}
}

func TestTheEvidenceChoosesWhereItCanUnlessToldOtherwise(t *testing.T) {
	for _, method := range bnn.Methods {
		c := Default()
		c.Method = method
		if got, want := c.net(false).Evidence, slices.Contains(bnn.EvidenceMethods, method); got != want {
			t.Errorf("%s: evidence %v, want %v", method, got, want)
		}
		c.Head = headClasses
		if got := c.net(false).Evidence; method == "laplace" && got {
			t.Error("laplace: evidence is on for classes")
		}
		if c.Evidence = "off"; c.net(false).Evidence {
			t.Errorf("%s: evidence is not off", method)
		}
	}
}

// What is given is what the network is fitted with.
func TestAConfigIsThatOfItsNet(t *testing.T) {
	c := Default()
	c.Method, c.Epochs, c.Batch, c.Seed, c.PriorSD = "swag", 7, 5, 9, 3
	got := c.net(true)
	if got.Method != "swag" || got.Epochs != 7 || got.Batch != 5 || got.Seed != 9 || got.Prior.SD != 3 || !got.Raw {
		t.Errorf("got %+v", got)
	}
	if d, n := Default().net(false), (bnn.Config{}).Resolved(1, 1); d.LR != n.LR || d.Draws != n.Draws || !reflect.DeepEqual(d.Hidden, n.Hidden) {
		t.Errorf("got defaults %+v, want those of bnn %+v", d, n)
	}
}
