package rank

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/pgm/message"
)

// moment is the skill of a player at one time.
type moment struct {
	player string
	time   float64
	before int     // the player's moment before, or −1
	gap    float64 // the variance of the move since then
}

// graph is the factor graph of all games, and the order in which its factors send.
type graph struct {
	m       *message.Model
	skill   message.Var
	moments []moment
	of      map[string][]int // moments of each player in time
	games   map[string]int   // number of games of each player
	parts   []part
	forward [][]message.Visit
}

// part is the place of a game's factors in their plates.
type part struct {
	players []int // moments, team after team
	sizes   []int // of the teams
	forms   int   // the first of its factors of form
	sums    []int // by team: the place in the plate of its size, or −1
	leads   []int // by pair of neighbours: the place in the plate of its kind
	draws   []bool
}

// lead is a kind of comparison: the sizes of both teams, and whether they drew.
type lead struct {
	a, b int
	draw bool
}

// outcome is the name of what is known of the leads of a kind.
func (l lead) outcome() string {
	return fmt.Sprintf("outcome of %d over %d, draw %v", l.a, l.b, l.draw)
}

// interval is what is known of the leads of a kind.
func (l lead) interval(c Config) message.Interval {
	margin := c.margin(l.a + l.b)
	if l.draw {
		return message.Interval{Low: -margin, High: margin}
	}
	return message.Interval{Low: margin, High: math.Inf(1)}
}

// kind is that of the lead of team k of a game over the next.
func (p part) kind(k int) lead { return lead{p.sizes[k], p.sizes[k+1], p.draws[k]} }

// compare orders kinds, so that plates have a fixed order.
func (l lead) compare(o lead) int {
	d := func(x bool) int {
		if x {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(l.a, o.a), cmp.Compare(l.b, o.b), d(l.draw)-d(o.draw))
}

// newGraph declares the games, which are in the order of time.
func newGraph(games []Game, c Config) *graph {
	g := &graph{m: message.New(), of: map[string][]int{}, games: map[string]int{}}
	for _, game := range games {
		g.parts = append(g.parts, g.seat(game, c))
	}
	g.skill = g.m.Random("skill", expfam.Normal{}, len(g.moments))
	g.declare(g.parts, c)
	return g
}

// seat finds the moments of a game's players.
func (g *graph) seat(game Game, c Config) (p part) {
	p.draws = game.Draws
	if p.draws == nil {
		p.draws = make([]bool, len(game.Teams)-1)
	}
	for _, team := range game.Teams {
		p.sizes = append(p.sizes, len(team))
		for _, name := range team {
			g.games[name]++
			p.players = append(p.players, g.now(name, game.Time, c))
		}
	}
	return p
}

// now is the moment of a player at a time, a new one where the skill has moved.
func (g *graph) now(name string, time float64, c Config) int {
	seen, before, gap := g.of[name], -1, 0.
	if len(seen) > 0 {
		before = seen[len(seen)-1]
	}
	switch {
	case before >= 0 && (c.Clock == Still || c.Clock == ByTime && g.moments[before].time == time):
		return before
	case c.Clock == PerGame:
		gap = c.Drift * c.Drift
	case c.Clock == ByTime && before >= 0:
		gap = c.Drift * c.Drift * (time - g.moments[before].time)
	}
	g.moments = append(g.moments, moment{name, time, before, gap})
	g.of[name] = append(seen, len(g.moments)-1)
	return len(g.moments) - 1
}

// precision declares a known precision.
func (g *graph) precision(variance float64) message.Var {
	return g.m.Constant(expfam.Gamma{}, 1/variance)
}

// declare adds the plates of factors and makes the order of visits.
func (g *graph) declare(parts []part, c Config) {
	first, step := g.skills(c)
	plates := 1 // of factors, in the order of declaration: the priors come first
	if step >= 0 {
		plates++
	}
	var players []int
	for i := range parts {
		parts[i].forms = len(players)
		players = append(players, parts[i].players...)
	}
	perf := g.m.Random("performance", expfam.Normal{}, len(players))
	g.m.Add("form", message.Normal{}, perf, g.skill.At(players...), g.precision(c.Performance*c.Performance))
	form := plates
	plates++
	teams, sum := g.teams(parts, perf, &plates)
	leads := g.leads(parts, teams, c, &plates)
	for _, p := range parts {
		g.forward = append(g.forward, g.visits(p, first, step, form, sum, leads))
	}
}

// skills adds the priors and the moves between moments. first is the place of each moment in its
// plate, and step the plate of moves or −1.
func (g *graph) skills(c Config) (place []int, step int) {
	place = make([]int, len(g.moments))
	var priors, to, from []int
	var eta, gaps []float64
	for i, s := range g.moments {
		if s.before >= 0 {
			place[i] = len(to)
			to, from, gaps = append(to, i), append(from, s.before), append(gaps, 1/s.gap)
			continue
		}
		prior := c.belief(s.player)
		place[i] = len(priors)
		priors = append(priors, i)
		eta = append(eta, expfam.Normal{}.Natural(prior.Mean, 1/(prior.Deviation*prior.Deviation+s.gap))...)
	}
	g.m.Add("prior", message.Prior{Family: expfam.Normal{}, Eta: eta}, g.skill.At(priors...))
	if len(to) == 0 {
		return place, -1
	}
	g.m.Add("move", message.Normal{}, g.skill.At(to...), g.skill.At(from...), g.m.Known("precision of moves", expfam.Gamma{}, len(gaps), gaps))
	return place, 1
}

// teams adds the sums of the performances of teams of two or more, one plate a size.
func (g *graph) teams(parts []part, perf message.Var, plates *int) (vars map[int]message.Var, plate map[int]int) {
	members := map[int][][]int{} // by size and player
	for i := range parts {
		at := parts[i].forms
		for _, size := range parts[i].sizes {
			if members[size] == nil {
				members[size] = make([][]int, size)
			}
			parts[i].sums = append(parts[i].sums, len(members[size][0]))
			for k := range size {
				members[size][k] = append(members[size][k], at+k)
			}
			at += size
		}
	}
	vars, plate = map[int]message.Var{}, map[int]int{}
	for _, size := range sortedKeys(members) {
		if size == 1 {
			vars[1] = perf.At(members[1][0]...) // a player alone is the team
			continue
		}
		args := make([]message.Var, size)
		for k, at := range members[size] {
			args[k] = perf.At(at...)
		}
		vars[size] = g.m.Derive(fmt.Sprintf("team of %d", size), expfam.Normal{}, message.Linear{Weights: slices.Repeat([]float64{1}, size)}, args...)
		plate[size] = *plates
		*plates++
	}
	return vars, plate
}

// leads adds the differences of neighbours and what is known of them, and returns the first of the
// two plates of each kind.
func (g *graph) leads(parts []part, teams map[int]message.Var, c Config, plates *int) map[lead]int {
	type pairs struct{ a, b []int }
	found := map[lead]*pairs{}
	for i := range parts {
		p := &parts[i]
		for k := range p.draws {
			l := p.kind(k)
			if found[l] == nil {
				found[l] = &pairs{}
			}
			p.leads = append(p.leads, len(found[l].a))
			found[l].a, found[l].b = append(found[l].a, p.sums[k]), append(found[l].b, p.sums[k+1])
		}
	}
	kinds := make([]lead, 0, len(found))
	for l := range found {
		kinds = append(kinds, l)
	}
	slices.SortFunc(kinds, lead.compare)
	plate := map[lead]int{}
	for _, l := range kinds {
		name := fmt.Sprintf("lead of %d over %d, draw %v", l.a, l.b, l.draw)
		d := g.m.Derive(name, expfam.Normal{}, message.Linear{Weights: []float64{1, -1}}, teams[l.a].At(found[l].a...), teams[l.b].At(found[l].b...))
		g.m.Add(l.outcome(), l.interval(c), d)
		plate[l] = *plates
		*plates += 2
	}
	return plate
}

// sortedKeys are the keys of a map in order.
func sortedKeys[V any](m map[int]V) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// visits are the factors of a game in the order in which it is played forwards: skills move, players
// perform, teams add up, neighbours compare from the first to the last and back, and what is learnt
// goes down to the skills. It ends where it began, so that backwards it is the same game.
func (g *graph) visits(p part, place []int, step, form int, sum map[int]int, leads map[lead]int) (out []message.Visit) {
	add := func(plate, at int) { out = append(out, message.Visit{Factor: int32(plate), Place: int32(at)}) }
	moves := func() {
		for _, s := range p.players {
			if g.moments[s].before >= 0 {
				add(step, place[s])
			} else {
				add(0, place[s])
			}
		}
	}
	up := func() {
		for k := range p.players {
			add(form, p.forms+k)
		}
		for k, size := range p.sizes {
			if size > 1 {
				add(sum[size], p.sums[k])
			}
		}
	}
	compare := func(k int) {
		plate := leads[p.kind(k)]
		add(plate, p.leads[k])
		add(plate+1, p.leads[k])
		add(plate, p.leads[k])
	}
	moves()
	up()
	for k := range p.leads {
		compare(k)
	}
	for k := len(p.leads) - 2; k >= 0; k-- {
		compare(k)
	}
	back := len(out)
	up()
	slices.Reverse(out[back:])
	moves()
	return out
}
