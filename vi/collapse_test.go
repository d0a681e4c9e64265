package vi_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi"
)

// guide is a linear-Gaussian encoder: z_j|x ~ N(a_j x_j, 1 − a_j²) with x ~ N(0, I), whose
// aggregate is N(0, I) exactly; a_j² = snr/(1 + snr).
func guide(n int, snr []float64) vi.Posterior {
	p := vi.Posterior{N: n, L: len(snr)}
	x := make([]float64, n*len(snr))
	rng.New(21).NormalFloat64(x)
	for i, v := range x {
		a2 := snr[i%len(snr)] / (1 + snr[i%len(snr)])
		p.Mean = append(p.Mean, math.Sqrt(a2)*v)
		p.Variance = append(p.Variance, 1-a2)
	}
	return p
}

// rate is the mean KL divergence of the guide from N(0, I).
func rate(p vi.Posterior) float64 {
	sum := 0.
	for i, m := range p.Mean {
		sum += .5 * (m*m + p.Variance[i] - 1 - math.Log(p.Variance[i]))
	}
	return sum / float64(p.N)
}

func noise(p vi.Posterior) []float64 {
	eps := make([]float64, p.N*p.L)
	rng.New(22).NormalFloat64(eps)
	return eps
}

func repeat(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }

func TestCollapseIsNamedRightly(t *testing.T) {
	half := append(repeat(1, 5), repeat(0, 5)...)
	for _, c := range []struct {
		name   string
		snr    []float64
		gap    float64
		active int
		state  string
	}{
		{"q = p", repeat(0, 10), 0, 0, vi.Collapsed},
		{"healthy", repeat(1, 10), 20, 10, vi.Healthy},
		{"half", half, 10, 5, vi.PartlyCollapsed},
		{"decoder that ignores codes", repeat(1, 10), .1, 10, vi.Collapsed},
	} {
		p := guide(1000, c.snr)
		tel := vi.Observe(vi.Record{KL: rate(p), ShuffledGap: c.gap}, p, noise(p))
		if tel.ActiveUnits != c.active || tel.Latent != 10 || tel.State != c.state {
			t.Errorf("%s: got %d of %d active, %s, want %d of 10, %s", c.name, tel.ActiveUnits, tel.Latent, tel.State, c.active, c.state)
		}
		active := 0
		for _, a := range p.Active() {
			if a {
				active++
			}
		}
		tk.Close(t, c.name+": active units", float64(active), float64(c.active), 0)
		tk.Close(t, c.name+": rate = information + marginal KL", tel.MutualInfo+tel.MarginalKL, tel.Rate, 1e-12)
		wide := 0.
		for _, s := range c.snr {
			if s == 0 {
				wide += .1
			}
		}
		tk.Close(t, c.name+": share of wide dimensions", tel.WideShare, wide, 1e-12)
	}
}

// TestMutualInformationMatchesTheClosedForm: ½ ln(1 + SNR) summed over dimensions, within .1
// nat up to 5 nats, from 2,000 data.
func TestMutualInformationMatchesTheClosedForm(t *testing.T) {
	for _, snr := range [][]float64{{0}, {1}, {3, 1}, {50}, {math.Exp(4)}, {6, 6}, repeat(.5, 4)} {
		p := guide(2000, snr)
		want := 0.
		for _, s := range snr {
			want += .5 * math.Log1p(s)
		}
		mi, limit := p.MutualInformation(noise(p))
		if math.Abs(mi-want) > .1 || limit != math.Log(2000) {
			t.Errorf("SNR %v: got %.3f nats with limit %v, want %.3f with ln 2000", snr, mi, limit, want)
		}
	}
}

func TestMutualInformationIsCapped(t *testing.T) {
	p := guide(200, repeat(1e6, 3)) // 20.7 nats
	mi, limit := p.MutualInformation(noise(p))
	if limit != math.Log(200) || mi > limit+1e-12 || mi < limit-.01 {
		t.Errorf("got %v nats with limit %v, want the limit ln 200", mi, limit)
	}
	tel := vi.Observe(vi.Record{KL: rate(p), ShuffledGap: 9}, p, noise(p))
	if tel.MutualInfoCap != limit {
		t.Errorf("reported cap: got %v, want %v", tel.MutualInfoCap, limit)
	}
}

// TestRateSplitsIntoInformationAndMarginal enumerates a set of three data with one latent
// dimension: E[KL(q‖p)] = I_q(x; z) + KL(q̄‖p), both by quadrature (Hoffman & Johnson 2016).
func TestRateSplitsIntoInformationAndMarginal(t *testing.T) {
	p := vi.Posterior{Mean: []float64{-1, .2, 1.5}, Variance: []float64{.3, .5, .2}, N: 3, L: 1}
	density := func(z, m, v float64) float64 { return math.Exp(-(z-m)*(z-m)/2/v) / math.Sqrt(2*math.Pi*v) }
	mix := func(z float64) float64 {
		sum := 0.
		for n := range 3 {
			sum += density(z, p.Mean[n], p.Variance[n]) / 3
		}
		return sum
	}
	info, marginal := 0., tk.Integrate(func(z float64) float64 { return mix(z) * math.Log(mix(z)/density(z, 0, 1)) }, -9, 9, 30)
	for n := range 3 {
		info += tk.Integrate(func(z float64) float64 {
			q := density(z, p.Mean[n], p.Variance[n])
			if q == 0 {
				return 0
			}
			return q * math.Log(q/mix(z)) / 3
		}, -9, 9, 30)
	}
	tk.Close(t, "I + KL(q̄ ‖ p)", info+marginal, rate(p), 1e-10)
	// The estimator with quadrature nodes instead of draws gives the same information.
	eps, w := tk.NormalNodes(60)
	got := 0.
	for i, e := range eps {
		mi, _ := p.MutualInformation([]float64{e, e, e})
		got += w[i] * mi
	}
	tk.Close(t, "estimate of I", got, info, 1e-4)
}

func TestAlarmsNeedThreeEvaluationsInARow(t *testing.T) {
	bad, good := guide(200, repeat(0, 10)), guide(200, repeat(1, 10))
	observe := func(p vi.Posterior, gap float64) vi.Telemetry {
		return vi.Observe(vi.Record{KL: rate(p), ShuffledGap: gap}, p, noise(p))
	}
	b, h := observe(bad, 0), observe(good, 20)
	var m vi.Monitor
	for i, step := range []struct {
		tel  vi.Telemetry
		want int
	}{{b, 0}, {b, 0}, {h, 0}, {b, 0}, {b, 0}, {b, 4}, {b, 0}, {h, 0}, {b, 0}, {b, 0}, {b, 4}} {
		// The monitor goes through JSON between evaluations, as in a checkpoint.
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var restored vi.Monitor
		if err := json.Unmarshal(raw, &restored); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(m, restored) {
			t.Fatalf("after JSON: got %+v, want %+v", restored, m)
		}
		m = restored
		due := m.Observe(step.tel)
		if len(due) != step.want {
			t.Errorf("evaluation %d: got %v, want %d warnings", i, due, step.want)
		}
		names := map[string]bool{}
		for _, w := range due {
			names[w.Name] = true
			if w.Detail == "" || w.Remedy == "" || w.String() != w.Name+": "+w.Detail+"; "+w.Remedy {
				t.Errorf("warning without detail or remedy: %+v", w)
			}
		}
		if step.want > 0 && len(names) != step.want {
			t.Errorf("got warnings %v, want four different names", names)
		}
	}
}

// TestEachAlarmStandsAlone: the threshold of each alarm, the others quiet.
func TestEachAlarmStandsAlone(t *testing.T) {
	fine := vi.Telemetry{ActiveUnits: 10, Latent: 10, Rate: 20, ShuffledGap: 20}
	for want, change := range map[string]func(*vi.Telemetry){
		"":                       func(*vi.Telemetry) {},
		"few-active-units":       func(t *vi.Telemetry) { t.ActiveUnits = 0 },
		"low-rate":               func(t *vi.Telemetry) { t.Rate = .09 },
		"decoder-ignores-latent": func(t *vi.Telemetry) { t.ShuffledGap = .49 },
		"encoder-at-prior":       func(t *vi.Telemetry) { t.WideShare = .91 },
	} {
		tel := fine
		change(&tel)
		var m vi.Monitor
		m.Observe(tel)
		m.Observe(tel)
		due := m.Observe(tel)
		if want == "" && len(due) != 0 || want != "" && (len(due) != 1 || due[0].Name != want) {
			t.Errorf("got %v, want %q", due, want)
		}
	}
	edge := vi.Telemetry{ActiveUnits: 1, Latent: 10, Rate: .1, ShuffledGap: .5, WideShare: .9}
	m := vi.Monitor{Streak: map[string]int{}}
	if m.Observe(edge); len(m.Streak) != 0 {
		t.Errorf("values at the thresholds: got alarms %v, want none", m.Streak)
	}
}

// TestActiveUnitsVaryByMoreThanAHundredth: means of ±√v about an offset have variance v.
func TestActiveUnitsVaryByMoreThanAHundredth(t *testing.T) {
	p := vi.Posterior{N: 1000, L: 4}
	for i := range p.N {
		sign := float64(1 - 2*(i%2))
		p.Mean = append(p.Mean, sign*math.Sqrt(.0099), sign*math.Sqrt(.0101), 50+sign*math.Sqrt(.0099), -50+sign*math.Sqrt(.0101))
		p.Variance = append(p.Variance, 1, 1, 1, 1)
	}
	if got, want := p.Active(), []bool{false, true, false, true}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
