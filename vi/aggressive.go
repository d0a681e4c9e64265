package vi

// Aggressive is the schedule of He et al. 2019, algorithm 1: the guide's parameters move alone until
// the mean loss of ten steps is no lower than that of the ten before, or a hundred steps are made; then
// the other parameters make one step. Each step has a batch of its own. Once the mutual information
// of codes and data has not risen over an epoch, all move together. The state is part of a checkpoint.
type Aggressive struct {
	Over        bool    `json:"over"`        // all parameters move together
	Streak      int     `json:"streak"`      // steps of the guide since the last one of the others
	Sum         float64 `json:"sum"`         // of the losses since the last ten were full
	Last        float64 `json:"last"`        // mean loss of the last ten, from Streak 10 on
	Due         bool    `json:"due"`         // the next step is one of the others
	Information float64 `json:"information"` // largest mutual information after an epoch, nats
	Guide       int64   `json:"guide"`       // steps of the guide's parameters
	Others      int64   `json:"others"`      // steps of the other parameters
}

// Of the schedule: losses in a mean, and steps after which the others are due in any case.
const (
	aggressiveWindow = 10
	aggressiveMost   = 100
)

// Turn tells which parameters the next step moves.
func (a Aggressive) Turn() (guide, others bool) { return a.Over || !a.Due, a.Over || a.Due }

// Observe counts a step that has been made, with its loss.
func (a *Aggressive) Observe(loss float64) {
	guide, others := a.Turn()
	if guide {
		a.Guide++
	}
	if others {
		a.Others++
	}
	switch {
	case a.Over:
		return
	case others:
		a.Due, a.Streak, a.Sum = false, 0, 0
		return
	}
	a.Streak++
	a.Sum += loss
	if a.Streak%aggressiveWindow == 0 {
		mean := a.Sum / aggressiveWindow
		a.Due = a.Streak > aggressiveWindow && mean >= a.Last || a.Streak >= aggressiveMost
		a.Last, a.Sum = mean, 0
	}
}

// Epoch ends an epoch with the mutual information found after it.
func (a *Aggressive) Epoch(information float64) {
	if information <= a.Information {
		a.Over, a.Due = true, false
	}
	a.Information = max(a.Information, information)
}
