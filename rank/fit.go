package rank

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/pgm/message"
)

// Fit finds the skills of all players of the games. Games are taken in the order of their times
// under the clock of times, and in the order given under the others.
func Fit(ctx context.Context, games []Game, c Config) (*Model, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(games) == 0 {
		return nil, fmt.Errorf("rank: games: got none, want one or more")
	}
	for i, g := range games {
		if err := g.check(i, c); err != nil {
			return nil, err
		}
	}
	if c.Clock == ByTime {
		games = slices.Clone(games)
		slices.SortStableFunc(games, func(a, b Game) int {
			switch {
			case a.Time < b.Time:
				return -1
			case a.Time > b.Time:
				return 1
			}
			return 0
		})
	}
	g := newGraph(games, c)
	together := c.Joint >= 0 && len(g.moments) <= cmp.Or(c.Joint, 2000)
	settings := c.messages(g)
	if together { // the joint belief goes on from here, and converges faster than messages between skills
		settings.Sweeps, settings.Progress = min(settings.Sweeps, 3), nil
	}
	p, err := message.NewMessages(g.m, settings)
	if err != nil {
		return nil, fmt.Errorf("rank: %w", err)
	}
	last, converged, err := p.Run(ctx)
	if err != nil {
		return nil, fmt.Errorf("rank: %w", err)
	}
	if !together {
		return g.model(p, c, last.Sweep, converged)
	}
	return g.jointly(ctx, p, c)
}

// jointly refines the sites under the joint belief of all skills, and reads them off. All sites move
// at once, by nine tenths of the way.
func (g *graph) jointly(ctx context.Context, p *message.Messages, c Config) (*Model, error) {
	j := g.newJoint(c)
	j.take(g, p)
	settings := c.messages(g)
	m := c.empty()
	for !m.Converged && m.Sweeps < settings.Sweeps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := j.sweep(.9); err != nil {
			return nil, err
		}
		m.Sweeps++
		m.Converged, m.Evidence = j.change <= settings.Tolerance, j.logZ
		if c.Progress != nil {
			c.Progress(m.Sweeps, j.change)
		}
	}
	if err := j.solve(); err != nil {
		return nil, err
	}
	return m, g.read(m, func(i int) (Normal, error) { return Normal{j.mean[i], math.Sqrt(j.cov.At(i, i))}, nil })
}

// messages are the settings of the runtime: games forwards and then backwards.
func (c Config) messages(g *graph) message.Config {
	out := message.Config{Sweeps: c.Sweeps, Tolerance: c.Tolerance}
	if out.Sweeps == 0 {
		out.Sweeps = 1000
	}
	if out.Tolerance == 0 {
		out.Tolerance = 1e-6
	}
	for _, game := range g.forward {
		out.Visits = append(out.Visits, game...)
	}
	for _, game := range slices.Backward(g.forward) {
		out.Visits = append(out.Visits, game...)
	}
	if c.Progress != nil {
		out.Progress = func(r message.Record) { c.Progress(r.Sweep, r.Change) }
	}
	return out
}

// belief is the prior of a player.
func (c Config) belief(name string) Normal {
	if n, ok := c.Priors[name]; ok {
		return n
	}
	return c.Prior
}

// empty is a model without players.
func (c Config) empty() *Model {
	return &Model{Version: version, Prior: c.Prior, Performance: c.Performance, DrawChance: c.DrawChance, Clock: c.Clock, Drift: c.Drift}
}

// model reads the skills off the messages.
func (g *graph) model(p *message.Messages, c Config, sweeps int, converged bool) (*Model, error) {
	m := c.empty()
	m.Sweeps, m.Converged = sweeps, converged
	var err error
	if m.Evidence, err = p.LogZ(); err != nil {
		return nil, fmt.Errorf("rank: %w", err)
	}
	return m, g.read(m, func(i int) (Normal, error) {
		eta := p.Natural(g.skill, i)
		tau := -2 * eta[1]
		if !(tau > 0) {
			return Normal{}, fmt.Errorf("rank: skill of %s: got the precision %g, want a positive one", g.moments[i].player, tau)
		}
		return Normal{eta[0] / tau, 1 / math.Sqrt(tau)}, nil
	})
}

// read fills in the players by the belief of each moment.
func (g *graph) read(m *Model, belief func(i int) (Normal, error)) error {
	for name, moments := range g.of {
		player := Player{Name: name, Games: g.games[name]}
		for _, i := range moments {
			n, err := belief(i)
			if err != nil {
				return err
			}
			player.Skill = append(player.Skill, Rating{g.moments[i].time, n})
		}
		m.Players = append(m.Players, player)
	}
	m.sort()
	return nil
}
