package report

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// Figure is one picture of a report.
type Figure struct {
	// File is its name in the folder plots, Title and Caption its text.
	File, Title, Caption string

	png     []byte
	section string
	half    bool
}

// figure says how one picture is made.
type figure struct {
	file, title, section string
	half                 bool // shares its row with another such figure beside it
	// applies tells whether model and data allow the figure.
	applies func(s *scene) bool
	// draw writes the PNG, headed by its title, and returns the caption, which says how to read it.
	draw func(ctx context.Context, s *scene, title string, w io.Writer) (caption string, err error)
}

// The sections of a report.
const (
	secTraining = "Training"
	secOutputs  = "What the model makes"
	secLatent   = "Latent space"
)

// figures lists the pictures in the order of the report.
var figures = []figure{
	{"bounds.png", "Learning curves", secTraining, false, hasHistory, drawBounds},
	{"training.png", "The course of training", secTraining, false, hasHistory, drawTraining},
	{"reconstructions.png", "Test rows and their reconstructions", secOutputs, false, canReconstruct, drawReconstructions},
	{"strange.png", "The strangest test rows", secOutputs, false, hasStrange, drawStrange},
	{"completions.png", "Test rows completed", secOutputs, false, canComplete, drawCompletions},
	{"samples.png", "Samples from the prior", secOutputs, true, canSample, drawSamples},
	{"manifold.png", "The plane of codes, decoded", secOutputs, true, hasPlane, drawManifold},
	{"kl.png", "KL by latent dimension", secLatent, false, hasKL, drawKL},
	{"sensitivity.png", "What each latent dimension moves", secLatent, false, hasSensitivity, drawSensitivity},
	{"codebook.png", "How often the values of the code occur", secLatent, false, hasCodeMaps, drawCodebook},
	{"codemaps.png", "Maps of codes", secLatent, false, hasCodePictures, drawCodeMaps},
	{"latent.png", "Codes of test data", secLatent, false, hasCodes, drawLatent},
	{"density.png", "All codes together, and the prior", secLatent, false, hasDensity, drawDensity},
	{"traversals.png", "One latent dimension at a time", secLatent, false, canWalk, drawTraversals},
	{"layers.png", "What each layer of latents carries", secLatent, false, hasLayers, drawLayers},
	{"groups.png", "Layers of latents drawn anew", secLatent, false, hasGroups, drawGroups},
	{"interpolation.png", "From one test row to another", secLatent, false, hasPairs, drawInterpolation},
}

// drawAll draws what the scene allows.
func drawAll(ctx context.Context, s *scene) ([]Figure, error) {
	var out []Figure
	for _, f := range figures {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !f.applies(s) {
			continue
		}
		var png bytes.Buffer
		caption, err := f.draw(ctx, s, f.title, &png)
		if err != nil {
			return nil, fmt.Errorf("report: figure %s: %w", f.file, err)
		}
		out = append(out, Figure{f.file, f.title, caption, png.Bytes(), f.section, f.half})
	}
	unpair(out)
	return out, nil
}

// unpair gives a figure the whole row whose neighbour for the other half is missing.
func unpair(figs []Figure) {
	for i := 0; i < len(figs); i++ {
		if !figs[i].half {
			continue
		}
		if i+1 < len(figs) && figs[i+1].half && figs[i+1].section == figs[i].section {
			i++
		} else {
			figs[i].half = false
		}
	}
}
