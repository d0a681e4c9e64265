package message

import (
	"errors"

	"github.com/elbo-go/elbo/expfam"
)

// Factor is a kind of factor f(x₁ … x_k). What an engine needs of it is an ability of its own:
// [Sender], [Maximiser], [Averager] or [Link].
type Factor interface {
	// Slots are the arguments.
	Slots() []Slot
}

// Slot is an argument of a factor.
type Slot struct {
	// Name is the argument's word.
	Name string
	// Family is that of its variables.
	Family expfam.Family
	// Known says that the variables have to be known.
	Known bool
	// Why says why they have to.
	Why string
}

// Site is one factor of a plate amid its variables.
type Site struct {
	// I is the place of the factor in its plate.
	I int
	// In is what is known of each argument.
	In []In
	// Alpha is the power of the factor that messages are made of: 1 but in power EP.
	Alpha float64
}

// In is what a factor reads of an argument.
type In struct {
	// Eta is the message from the variable: the natural parameters of all that is known of it
	// without this factor. Only messages set it.
	Eta []float64
	// U is ⟨u(x)⟩ under q(x). Only variational messages set it.
	U []float64
	// Value is x where it is known; Eta is not set then.
	Value []float64
}

// Sender is a factor that can be integrated.
type Sender interface {
	Factor
	// Send sets to to the message proj[∫ f^α Π_j m_j] / m_slot. ErrWait leaves the message as it is.
	Send(to []float64, slot int, s *Site) error
	// LogZ is ln ∫ f^α Π_j exp(η_j·u_j).
	LogZ(s *Site) (float64, error)
}

// Powered is a sender that says which powers it has; the others have α = 1 alone.
type Powered interface {
	// Powers says whether α other than 1 is possible.
	Powers() bool
}

// Maximiser is a factor that can be maximised.
type Maximiser interface {
	Factor
	// SendMax sets to to ln max f Π_j≠slot m_j over the other arguments.
	SendMax(to []float64, slot int, s *Site) error
}

// Averager is a factor whose logarithm, or a lower bound of it, is linear in the statistics of
// each argument.
type Averager interface {
	Factor
	// Average sets to to ∂⟨ln f⟩/∂⟨u_slot⟩.
	Average(to []float64, slot int, s *Site)
	// Energy is ⟨ln f⟩.
	Energy(s *Site) float64
}

// Link is a function y of variables x₁ … x_k, slot 0 is y. Its inputs are independent.
type Link interface {
	Factor
	// Push sets u to ⟨u(y)⟩.
	Push(u []float64, s *Site)
	// Pull sets to to the natural parameters of slot in η·⟨u(y)⟩, for those of y.
	Pull(to []float64, slot int, eta []float64, s *Site)
}

// ErrWait is what a factor answers that cannot send a message for now, such as one whose cavity
// has no density.
var ErrWait = errors.New("message: the factor waits")
