package exact

import (
	"math"
	"slices"
)

// target is a marginal that is wanted of a product: done gets the table over its variables, in the
// order of the layout.
type target struct {
	vars []int
	done func(sum []float64)
}

// spread sums a product of numbers to each target. Targets of small union are summed together
// first, and apart afterwards.
func (p *problem) spread(t *terms, targets []*target) {
	scopes := make([][]int, len(targets))
	for i, x := range targets {
		scopes[i] = x.vars
	}
	bundles := t.bundles(scopes)
	outs := make([]operand, len(bundles))
	for i, b := range bundles {
		vars := t.of(t.mask(b.vars))
		outs[i].view = t.view(vars)
		outs[i].data = make([]float64, t.cells(t.mask(vars)))
	}
	t.scatter(outs)
	for i, b := range bundles {
		if len(b.members) == 1 {
			targets[b.members[0]].done(outs[i].data)
			continue
		}
		members := make([]*target, len(b.members))
		for k, m := range b.members {
			members[k] = targets[m]
		}
		l := newLayout(b.vars, p.card)
		p.spread(newTerms(l, sums, 1, []operand{{l.view(l.vars), outs[i].data}}), members)
	}
}

// scatter adds every cell to its place in each table. A table is divided by its leading axes: a
// table that has them all is shared by the parts, of others each part has its own, and these are
// added in order.
func (t *terms) scatter(outs []operand) {
	axes, heads := 0, 1
	for t.size >= partCells && axes < t.lead && heads < parts {
		heads *= t.card[axes]
		axes++
	}
	jobs, apart := min(parts, heads), 0
	for _, o := range outs {
		if slices.Contains(o.step[:axes], 0) {
			apart += len(o.data)
		}
	}
	for jobs > 1 && (jobs-1)*apart > t.size/2 {
		jobs--
	}
	own := make([][]operand, jobs)
	for i := range own {
		own[i] = slices.Clone(outs)
		for k, o := range outs {
			if i > 0 && slices.Contains(o.step[:axes], 0) {
				own[i][k].data = make([]float64, len(o.data))
			}
		}
	}
	each := t.blocks() / heads
	inParallel(jobs, func(i int) { t.scatterBlocks(own[i], i*heads/jobs*each, (i+1)*heads/jobs*each) })
	for _, part := range own[1:] {
		for k, o := range part {
			if &o.data[0] != &outs[k].data[0] {
				for j, x := range o.data {
					outs[k].data[j] += x
				}
			}
		}
	}
}

// scatterBlocks is scatter of some blocks.
func (t *terms) scatterBlocks(outs []operand, from, to int) {
	views := append([]view(nil), t.views...)
	whole := false
	for _, o := range outs {
		views = append(views, o.view)
		whole = whole || o.index == nil
	}
	buf, c := make([]float64, t.block), t.seek(from, views)
	for b := from; b < to; b++ {
		t.mode.times(t, c.at, buf)
		if t.mode.log {
			for i, x := range buf {
				buf[i] = math.Exp(x)
			}
		}
		all := 0.
		if whole {
			all = sum(buf)
		}
		for k, o := range outs {
			o.add(c.at[len(t.views)+k], buf, all)
		}
		c.next()
	}
}

// add adds the cells of a block, whose sum is all, to their places.
func (o operand) add(at int, buf []float64, all float64) {
	d := o.data[at:]
	switch {
	case o.index == nil:
		d[0] += all
	case o.flat:
		d = d[:len(buf)]
		for i, x := range buf {
			d[i] += x
		}
	case o.run > 1:
		for i := 0; i < len(buf); i += o.run {
			d[o.index[i]] += sum(buf[i : i+o.run])
		}
	default:
		index := o.index[:len(buf)]
		for i, x := range buf {
			d[index[i]] += x
		}
	}
}
