package message

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/expfam"
)

// Transition is x ~ N(Aμ, Λ⁻¹) of vectors of E and D numbers with a known matrix A: a step of a
// linear-Gaussian state space, or what is seen of a state. Variational messages are
//
//	to x  (⟨Λ⟩A⟨μ⟩, −½⟨Λ⟩),  to μ  (Aᵀ⟨Λ⟩⟨x⟩, −½Aᵀ⟨Λ⟩A),  to Λ  (−½⟨(x − Aμ)(x − Aμ)ᵀ⟩, ½),
//
// and with Λ known and (h, P) the shift and precision of what the other side is told,
//
//	to x  shift ΛA(P + AᵀΛA)⁻¹h, precision Λ − ΛA(P + AᵀΛA)⁻¹AᵀΛ,
//	to μ  shift AᵀΛ(P + Λ)⁻¹h,   precision Aᵀ(Λ − Λ(P + Λ)⁻¹Λ)A,
//
// which are the steps of the information filter forwards and backwards (Anderson & Moore 1979, 6.3).
type Transition struct {
	// E is the number of numbers of x.
	E int
	// D is that of μ.
	D int
	// Matrix is A, E×D.
	Matrix []float64
}

// Slots implements Factor.
func (f Transition) Slots() []Slot {
	return []Slot{{Name: "x", Family: expfam.MultiNormal{D: f.E}}, {Name: "mean", Family: expfam.MultiNormal{D: f.D}}, {Name: "precision", Family: expfam.Wishart{D: f.E}}}
}

func (f Transition) check(int) string {
	if f.E < 1 || f.D < 1 || len(f.Matrix) != f.E*f.D || finite(f.Matrix) != nil {
		return "got a matrix that is not of E×D finite numbers"
	}
	return ""
}

// needs says what sum-product asks of the arguments.
func (Transition) needs(slot int) string { return Normal{}.needs(slot) }

// a is A.
func (f Transition) a() *mat.Dense { return mat.NewDense(f.E, f.D, f.Matrix) }

// vector and matrix view a run of numbers; the vector is its own memory.
func vector(x []float64) *mat.VecDense { return mat.NewVecDense(len(x), append([]float64(nil), x...)) }

func square(x []float64, d int) *mat.Dense { return mat.NewDense(d, d, x) }

// put sets to to the natural parameters of a shift and a precision.
func (f Transition) put(to []float64, shift mat.Vector, precision mat.Matrix) {
	d := shift.Len()
	for i := range d {
		to[i] = shift.AtVec(i)
		for j := range d {
			to[d+i*d+j] = -(precision.At(i, j) + precision.At(j, i)) / 4
		}
	}
}

// Average implements Averager.
func (f Transition) Average(to []float64, slot int, s *Site) {
	a, lambda := f.a(), square(s.In[2].U[:f.E*f.E], f.E)
	x, mu := vector(s.In[0].U[:f.E]), vector(s.In[1].U[:f.D])
	var shift mat.VecDense
	var al, precision mat.Dense
	switch slot {
	case 0:
		shift.MulVec(a, mu)
		shift.MulVec(lambda, &shift)
		f.put(to, &shift, lambda)
	case 1:
		al.Mul(a.T(), lambda)
		shift.MulVec(&al, x)
		precision.Mul(&al, a)
		f.put(to, &shift, &precision)
	case 2:
		for i, v := range f.squares(s).RawMatrix().Data {
			to[i] = -v / 2
		}
		to[f.E*f.E] = .5
	}
}

// squares is ⟨(x − Aμ)(x − Aμ)ᵀ⟩.
func (f Transition) squares(s *Site) *mat.Dense {
	a := f.a()
	x, mu := vector(s.In[0].U[:f.E]), vector(s.In[1].U[:f.D])
	covX, covMu := square(append([]float64(nil), s.In[0].U[f.E:]...), f.E), square(append([]float64(nil), s.In[1].U[f.D:]...), f.D)
	covX.RankOne(covX, -1, x, x)
	covMu.RankOne(covMu, -1, mu, mu)
	var d mat.VecDense
	d.MulVec(a, mu)
	d.SubVec(x, &d)
	var half, out mat.Dense
	half.Mul(a, covMu)
	out.Mul(&half, a.T())
	out.Add(&out, covX)
	out.RankOne(&out, 1, &d, &d)
	return &out
}

// Energy implements Averager: ½(⟨ln|Λ|⟩ − E ln 2π − tr⟨Λ⟩⟨(x − Aμ)(x − Aμ)ᵀ⟩).
func (f Transition) Energy(s *Site) float64 {
	lambda := s.In[2].U
	return .5 * (lambda[f.E*f.E] - float64(f.E)*ln2Pi - dot(lambda[:f.E*f.E], f.squares(s).RawMatrix().Data))
}

// precisionOf is the shift and the precision of a message of d numbers.
func precisionOf(eta []float64, d int) (*mat.VecDense, *mat.Dense) {
	p := square(append([]float64(nil), eta[d:]...), d)
	p.Scale(-2, p)
	return vector(eta[:d]), p
}

// over is C(P + M)⁻¹, where that is a density.
func over(c, p, m mat.Matrix) (*mat.Dense, error) {
	var sum mat.Dense
	sum.Add(p, m)
	d, _ := sum.Dims()
	sym := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			sym.SetSym(i, j, (sum.At(i, j)+sum.At(j, i))/2)
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(sym) {
		return nil, ErrWait
	}
	var out mat.Dense
	if err := chol.SolveTo(&out, c.T()); err != nil {
		if _, rough := err.(mat.Condition); !rough {
			return nil, ErrWait
		}
	}
	return mat.DenseCopyOf(out.T()), nil
}

// Send implements Sender.
func (f Transition) Send(to []float64, slot int, s *Site) error {
	a, lambda := f.a(), square(append([]float64(nil), s.In[2].Value...), f.E)
	var al, shiftOf, inner mat.Dense
	al.Mul(a.T(), lambda) // AᵀΛ
	other, d := &s.In[1-slot], []int{f.E, f.D}[1-slot]
	var shift mat.VecDense
	precision := mat.DenseCopyOf(lambda)
	if slot == 1 {
		shiftOf.CloneFrom(&al)
		inner.CloneFrom(lambda)
	} else {
		shiftOf.CloneFrom(al.T())
		inner.Mul(&al, a)
	}
	if other.Value != nil {
		shift.MulVec(&shiftOf, vector(other.Value))
	} else {
		h, p := precisionOf(other.Eta, d)
		gain, err := over(&shiftOf, p, &inner)
		if err != nil {
			return err
		}
		shift.MulVec(gain, h)
		if slot == 0 {
			var less mat.Dense
			less.Mul(gain, &al)
			precision.Sub(lambda, &less)
		} else if gain, err = over(lambda, p, lambda); err != nil {
			return err
		} else {
			var less mat.Dense
			less.Mul(gain, lambda)
			precision.Sub(lambda, &less)
		}
	}
	if slot == 1 {
		var half, whole mat.Dense
		half.Mul(a.T(), precision)
		whole.Mul(&half, a)
		f.put(to, &shift, &whole)
		return nil
	}
	f.put(to, &shift, precision)
	return nil
}

// SendMax implements Maximiser: what is largest in a normal density is its mean.
func (f Transition) SendMax(to []float64, slot int, s *Site) error { return f.Send(to, slot, s) }

// LogZ implements Sender: μ is integrated out, and then x.
func (f Transition) LogZ(s *Site) (float64, error) {
	lambda := square(append([]float64(nil), s.In[2].Value...), f.E)
	logDet, _ := mat.LogDet(lambda)
	norm := .5 * (logDet - float64(f.E)*ln2Pi)
	x, mu := &s.In[0], &s.In[1]
	if mu.Value != nil {
		var at mat.VecDense
		at.MulVec(f.a(), vector(mu.Value))
		return meets(expfam.MultiNormal{D: f.E}, x, at.RawVector().Data, lambda, norm)
	}
	// ∫ exp(η_μ·u(μ)) N(x; Aμ, Λ⁻¹) dμ is A(η_μ + (0, −½AᵀΛA)) and a function of x that Send knows.
	both := append([]float64(nil), mu.Eta...)
	var half, inner mat.Dense
	half.Mul(f.a().T(), lambda)
	inner.Mul(&half, f.a())
	for i := range f.D {
		for j := range f.D {
			both[f.D+i*f.D+j] -= inner.At(i, j) / 2
		}
	}
	first, err := expfam.MultiNormal{D: f.D}.Expect(nil, both)
	if err != nil {
		return 0, err
	}
	to := make([]float64, f.E+f.E*f.E)
	if err := f.Send(to, 0, s); err != nil {
		return 0, err
	}
	family := expfam.MultiNormal{D: f.E}
	if x.Value != nil {
		u := make([]float64, len(to))
		if err := family.Stats(u, x.Value); err != nil {
			return 0, err
		}
		return norm + first + dot(to, u), nil
	}
	for i, v := range x.Eta {
		to[i] += v
	}
	second, err := family.Expect(nil, to)
	return norm + first + second, err
}

// meets is ln ∫ exp(η·u(x)) N(x; m, Λ⁻¹) dx of what x is told, or ln N(x; m, Λ⁻¹).
func meets(f expfam.MultiNormal, x *In, m []float64, lambda *mat.Dense, norm float64) (float64, error) {
	mean := vector(m)
	quadratic := func(v *mat.VecDense) float64 { return mat.Inner(v, lambda, v) }
	if x.Value != nil {
		var d mat.VecDense
		d.SubVec(vector(x.Value), mean)
		return norm - quadratic(&d)/2, nil
	}
	both := append([]float64(nil), x.Eta...)
	var pull mat.VecDense
	pull.MulVec(lambda, mean)
	for i := range f.D {
		both[i] += pull.AtVec(i)
		for j := range f.D {
			both[f.D+i*f.D+j] -= lambda.At(i, j) / 2
		}
	}
	a, err := f.Expect(nil, both)
	if err != nil || math.IsNaN(a) {
		return 0, ErrWait
	}
	return norm + a - quadratic(mean)/2, nil
}
