package main

import (
	"fmt"

	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
)

// usually says which models have a setting of their own where none is asked for, for the usage of its
// flag.
func usually(of func(vae.Usual) float64) (text string) {
	for _, s := range vae.Specs() {
		if v := of(s.Usual); v > 0 {
			text += fmt.Sprintf("; %v of %s", v, s.Name)
		}
	}
	return text
}

// usual gives the settings that were not asked for the values that the model usually has.
func (t *trainCommand) usual() {
	d := train.DefaultFor(t.cfg.Model)
	for _, f := range []struct {
		name  string
		field *float64
		value float64
	}{{"beta", &t.cfg.Beta, d.Beta}, {"capacity", &t.cfg.Capacity, d.Capacity}, {"lr", &t.cfg.LR, d.LR}} {
		if !t.cmd.Flags().Changed(f.name) {
			*f.field = f.value
		}
	}
	for _, f := range []struct {
		name  string
		field *int
		value int
	}{{"epochs", &t.cfg.Epochs, d.Epochs}, {"latent", &t.cfg.Latent, d.Latent}} {
		if !t.cmd.Flags().Changed(f.name) {
			*f.field = f.value
		}
	}
}
