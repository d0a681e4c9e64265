package cpu

import (
	stderrors "errors"
	"strings"
	"time"
	"unsafe"

	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/lower"
	"github.com/elbo-go/elbo/cpu/internal/pass"
	"github.com/elbo-go/elbo/cpu/internal/plan"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

// runner executes a compiled graph, for several goroutines at once.
type runner interface {
	Run(params, results []unsafe.Pointer) error
}

// compile makes a program of a graph, which it may change.
func (b *Backend) compile(g *ir.Graph) (*program, error) {
	begin := time.Now()
	defer func() { b.counts.compiled(time.Since(begin)) }()
	if !b.config.stock {
		p, err := b.native(g.Clone())
		if err == nil || stderrors.Is(err, errDump) {
			return p, err
		}
		b.counts.fell("graph (" + err.Error() + ")")
	}
	return whole(g)
}

// native passes the graph through the compiler.
func (b *Backend) native(g *ir.Graph) (p *program, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("panic: %v", r)
		}
	}()
	options := lower.Options{Level: b.config.level, Unfused: b.config.unfused, Fallback: b.fallback}
	recorded := b.text(g)
	if b.config.unfused {
		options.Level = isa.Portable
	} else {
		pass.Run(g, nil)
	}
	lowered, err := lower.Program(g, options)
	if err != nil {
		return nil, err
	}
	b.counts.lowered(lowered)
	if err := b.dump(recorded, g, lowered); err != nil {
		return nil, err
	}
	p = &program{params: lowered.Params, runner: b.executor(lowered)}
	for _, r := range lowered.Results {
		p.results = append(p.results, r.Shape)
		p.inPlace = append(p.inPlace, r.InPlace)
	}
	return p, nil
}

// fallback gives the step of GoMLX's engine for a node that has no kernel.
func (b *Backend) fallback(n *ir.Node) plan.Host {
	host, err := stock.Host(n)
	if err != nil {
		return nil
	}
	b.counts.fell(ir.OpName(n.Op))
	return host
}

// whole leaves the whole graph to GoMLX's engine.
func whole(g *ir.Graph) (*program, error) {
	r, err := stock.Graph(g)
	if err != nil {
		return nil, err
	}
	p := &program{params: shapesOf(g.Params), results: shapesOf(g.Results), runner: r}
	for range p.results {
		p.inPlace = append(p.inPlace, -1)
	}
	return p, nil
}

// compiled counts a program and the time that it took.
func (c *counts) compiled(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.programs++
	c.compile += d
}

// fell counts a piece that runs on GoMLX's engine.
func (c *counts) fell(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fallback[what]++
}

// lowered counts the steps of a program, control flow as one step.
func (c *counts) lowered(p *plan.Program) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps += len(p.Steps)
	c.arena += p.Arena
	for _, s := range p.Steps {
		kind := "control"
		if s.Kernel != nil {
			kind, _, _ = strings.Cut(s.Kernel.Name(), " ")
		} else if s.Host != nil {
			kind = "host"
		}
		c.kernels[kind]++
	}
}
