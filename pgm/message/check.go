package message

import "fmt"

// check refuses factors that variational messages cannot pass.
func (a *Ascent) check() error {
	for _, n := range a.g.nodes {
		if _, ok := n.f.(Link); ok {
			if err := a.g.independent(n); err != nil {
				return err
			}
			continue
		}
		if f, ok := n.f.(interface{ variational() string }); ok {
			if why := f.variational(); why != "" {
				return &DeclarationError{n.name, "", why}
			}
		}
		if _, ok := n.f.(Averager); !ok {
			return &DeclarationError{n.name, "", fmt.Sprintf("a %T is not conjugate and has no bound: variational messages cannot pass it", n.f)}
		}
	}
	for _, n := range a.g.nodes {
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

// independent refuses a function of variables that depend on each other.
func (g *graph) independent(n *node) error { return g.parted(n, 1) }

// linear refuses a factor two of whose arguments are functions of one variable.
func (g *graph) linear(n *node) error {
	for k := range n.slots {
		if n.slots[k].b.maker != nil {
			return g.parted(n, 0)
		}
	}
	return nil
}

// parted looks for a variable that two arguments of a factor share.
func (g *graph) parted(n *node, from int) error {
	if _, link := n.f.(Link); link {
		from = 1 // slot 0 is a function of all others
	}
	for i := range n.n {
		seen := map[[2]int]bool{}
		for k := from; k < len(n.slots); k++ {
			mine := map[[2]int]bool{}
			g.roots(&n.slots[k], i, mine)
			for at := range mine {
				if seen[at] {
					return &DeclarationError{n.name, n.slots[k].name, fmt.Sprintf("%s %d is in another argument of factor %d too: its statistics would not be linear",
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
