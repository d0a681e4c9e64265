package message

import (
	"fmt"
	"slices"
)

// check refuses factors that variational messages cannot pass.
func (a *Ascent) check() error {
	for _, n := range a.g.nodes {
		if f, ok := n.f.(interface{ variational() string }); ok {
			if why := f.variational(); why != "" {
				return &DeclarationError{n.name, "", why}
			}
		}
		_, link := n.f.(Link)
		if _, ok := n.f.(Averager); !ok && !link {
			return &DeclarationError{n.name, "", fmt.Sprintf("a %T is not conjugate and has no bound: variational messages cannot pass it", n.f)}
		}
		if err := a.g.linear(n); err != nil {
			return err
		}
	}
	return nil
}

// roots are the variables that an argument of a factor depends on: itself, or those that it is a
// function of.
func (g *graph) roots(s *slot, i int, into map[[2]int]bool) {
	b, at := s.b, s.at(i)
	switch {
	case b.known:
	case b.maker == nil:
		into[[2]int{b.id, at}] = true
	default:
		for k := range b.maker.slots[1:] {
			g.roots(&b.maker.slots[k+1], at, into)
		}
	}
}

// linear refuses a factor two of whose arguments depend on one variable: what it says would not be
// linear in the variable's statistics. The result of a link depends on all its inputs and does not
// count. Arguments that are no functions of others were compared when they were declared.
func (g *graph) linear(n *node) error {
	args := n.slots
	if _, link := n.f.(Link); link {
		args = args[1:]
	}
	if !slices.ContainsFunc(args, func(s slot) bool { return s.b.maker != nil }) {
		return nil
	}
	for i := range n.n {
		seen := map[[2]int]bool{}
		for k := range args {
			mine := map[[2]int]bool{}
			g.roots(&args[k], i, mine)
			for at := range mine {
				if seen[at] {
					return &DeclarationError{n.name, args[k].name, fmt.Sprintf("%s %d is in another argument of factor %d too: its statistics would not be linear",
						g.blocks[at[0]].name, at[1], i)}
				}
				seen[at] = true
			}
		}
	}
	return nil
}

// needy is a factor whose messages need some arguments to be known.
type needy interface{ needs(slot int) string }

// sendable refuses factors that cannot send the messages that are asked for.
func (g *graph) sendable(c Config) error {
	for _, n := range g.nodes {
		if why := sends(n.f, c); why != "" {
			return &DeclarationError{n.name, "", why}
		}
		f, ok := n.f.(needy)
		if !ok {
			continue
		}
		for k := range n.slots {
			if why := f.needs(k); why != "" && !n.slots[k].b.known {
				return &DeclarationError{n.name, n.slots[k].name, fmt.Sprintf("%s is random, want known values: %s", n.slots[k].b.name, why)}
			}
		}
	}
	return nil
}

// sends says why a factor cannot send, or nothing.
func sends(f Factor, c Config) string {
	if _, ok := f.(Maximiser); c.Max && !ok {
		return fmt.Sprintf("a %T has no maximum in its family", f)
	}
	if _, ok := f.(Sender); !c.Max && !ok {
		return fmt.Sprintf("a %T has no integral: only variational messages pass it", f)
	}
	if g, ok := f.(interface{ sends(c Config) string }); ok {
		return g.sends(c)
	}
	if p, ok := f.(Powered); c.Alpha != 1 && (!ok || !p.Powers()) {
		return fmt.Sprintf("a %T has no power but 1", f)
	}
	return ""
}
