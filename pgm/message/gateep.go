package message

import (
	"fmt"

	"github.com/elbo-go/elbo/expfam"
)

// sends says why messages cannot pass a gate, or nothing.
func (f Gate) sends(c Config) string {
	if c.Max || c.Alpha != 1 {
		return "a gate has neither a maximum nor a power but 1"
	}
	if _, ok := f.Of.(Sender); !ok {
		return fmt.Sprintf("it selects from a %T, which has no integral", f.Of)
	}
	return sends(f.Of, c)
}

// needs says what sum-product asks of the arguments: what the kind itself asks, and that only
// normal ones are random, whose mixtures have moments that can be projected.
func (f Gate) needs(slot int) string {
	if slot == 0 {
		return ""
	}
	_, i := f.argument(slot)
	if of, ok := f.Of.(needy); ok && of.needs(i) != "" {
		return of.needs(i)
	}
	if family := f.Of.Slots()[i].Family; family != (expfam.Normal{}) {
		return fmt.Sprintf("a mixture of messages is not projected in the %s family", family.Name())
	}
	return ""
}

// parts are ln Z of every class under what its arguments are told, those of other classes being
// left to themselves, by what is known of the class.
func (f Gate) parts(s *Site) ([]float64, error) {
	logs, in := make([]float64, f.K), make([]In, len(f.Shared))
	for k := range logs {
		site := f.inner(in, k, s)
		z, err := f.Of.(Sender).LogZ(&site)
		if err != nil {
			return nil, err
		}
		logs[k] += z
		for i, shared := range f.Shared {
			if shared || in[i].Value != nil {
				continue
			}
			a, err := expfam.Normal{}.Expect(nil, in[i].Eta)
			if err != nil {
				return nil, err
			}
			for j := range logs {
				if j != k {
					logs[j] += a
				}
			}
		}
	}
	return logs, nil
}

// LogZ implements Sender: ln Σ_k π_k Z_k.
func (f Gate) LogZ(s *Site) (float64, error) {
	logs, err := f.parts(s)
	if err != nil {
		return 0, err
	}
	for k, v := range logits(&s.In[0], f.K) {
		logs[k] += v
	}
	return logSum(logs), nil
}

// Send implements Sender. The class is told ln Z_k; a normal argument the moments of a mixture, in
// which it has met the factors of the classes that it belongs to and is as before in the others.
func (f Gate) Send(to []float64, slot int, s *Site) error {
	logs, err := f.parts(s)
	if err != nil {
		return ErrWait
	}
	if slot == 0 {
		copy(to, logs)
		return nil
	}
	for k, v := range logits(&s.In[0], f.K) {
		logs[k] += v
	}
	which, i := f.argument(slot)
	parts, in := make([]tilted, f.K), make([]In, len(f.Shared))
	for k := range parts {
		to[0], to[1] = 0, 0
		if which < 0 || k == which {
			site := f.inner(in, k, s)
			if err := f.Of.(Sender).Send(to, i, &site); err != nil {
				return err
			}
		}
		m, v, ok := cavityOf(&In{Eta: []float64{to[0] + s.In[slot].Eta[0], to[1] + s.In[slot].Eta[1]}})
		if !ok {
			return ErrWait
		}
		parts[k] = tilted{mean: m, variance: v}
	}
	return mixed(logs, parts).project(to, &s.In[slot])
}
