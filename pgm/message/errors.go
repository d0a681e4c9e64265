package message

import "fmt"

// DeclarationError refuses a factor that an engine cannot run.
type DeclarationError struct {
	// Factor is its name.
	Factor string
	// Slot is the argument at fault, where it is one.
	Slot string
	// Reason says what is wrong.
	Reason string
}

// Error implements error.
func (e *DeclarationError) Error() string {
	if e.Slot == "" {
		return fmt.Sprintf("message: factor %s: %s", e.Factor, e.Reason)
	}
	return fmt.Sprintf("message: factor %s: slot %s: %s", e.Factor, e.Slot, e.Reason)
}

// NodeError names the variable or factor at which an engine stopped.
type NodeError struct {
	// Kind is variable or factor.
	Kind string
	// Name is that of its plate.
	Name string
	// Place is where it stands in the plate.
	Place int
	// Err is what went wrong.
	Err error
}

// Error implements error.
func (e *NodeError) Error() string {
	return fmt.Sprintf("message: %s %s %d: %v", e.Kind, e.Name, e.Place, e.Err)
}

// Unwrap is what went wrong.
func (e *NodeError) Unwrap() error { return e.Err }
