package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/report"
)

// maxProfiles is the number of charts of figures over settings.
const maxProfiles = 8

// profiles are the figures of groups over each setting that varies and whose values are numbers.
func (w *sweeper) profiles(groups []*sweptGroup) (out []report.Profile) {
	for _, flag := range w.varying() {
		if flag == seedFlag || !w.numeric(flag) {
			continue
		}
		for _, name := range figureNames(groups) {
			if p := w.profile(groups, flag, name); len(out) < maxProfiles && len(p.Lines) > 0 {
				out = append(out, p)
			}
		}
	}
	return out
}

// numeric tells whether all values of a flag are numbers.
func (w *sweeper) numeric(flag string) bool {
	for _, a := range w.plan.Axes {
		for _, v := range a.Values {
			if _, err := strconv.ParseFloat(v, 64); a.Flag == flag && err != nil {
				return false
			}
		}
	}
	return true
}

// figureNames lists the figures of groups.
func figureNames(groups []*sweptGroup) (out []string) {
	for _, g := range groups {
		for _, f := range g.Figures {
			if !slices.Contains(out, f.Name) {
				out = append(out, f.Name)
			}
		}
	}
	return out
}

// profile is one figure over one setting, a line for each combination of the others. Lines of one value
// are left out.
func (w *sweeper) profile(groups []*sweptGroup, flag, name string) report.Profile {
	p := report.Profile{Figure: name, Over: flag}
	for _, g := range groups {
		i := slices.IndexFunc(g.Figures, func(f meanFigure) bool { return f.Name == name })
		if i < 0 {
			continue
		}
		rest := w.others(g.runs[0], flag)
		at := slices.IndexFunc(p.Lines, func(l report.ProfileLine) bool { return l.Name == rest })
		if at < 0 {
			at, p.Lines = len(p.Lines), append(p.Lines, report.ProfileLine{Name: rest})
		}
		x, _ := strconv.ParseFloat(g.runs[0].Values[flag], 64)
		l := &p.Lines[at]
		l.X, l.Mean, l.SD = append(l.X, x), append(l.Mean, g.Figures[i].Mean), append(l.SD, g.Figures[i].SD)
	}
	p.Lines = slices.DeleteFunc(p.Lines, func(l report.ProfileLine) bool { return len(l.X) < 2 })
	return p
}

// others names the settings of a run that vary beside one and the seed.
func (w *sweeper) others(r sweptRun, flag string) string {
	var parts []string
	for _, name := range w.varying() {
		if name != flag && name != seedFlag {
			parts = append(parts, name+" "+r.Values[name])
		}
	}
	return strings.Join(parts, ", ")
}
