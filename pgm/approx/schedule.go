package approx

import (
	"container/heap"
	"math"
)

// Schedule is the order in which messages are sent.
type Schedule int

// The schedules.
const (
	// Serial goes through the factors in order; each knows of all messages before its own.
	Serial Schedule = iota
	// Flooding sends all messages at once, from those of the sweep before.
	Flooding
	// Residual sends the message that would change most first (Elidan, McGraw & Koller 2006).
	Residual
)

// schedules make the sweep of each schedule, which returns the largest change.
var schedules = []struct {
	name  string
	start func(m *messages, c Config) (sweep func() (float64, error), err error)
}{
	{"serial", serial},
	{"flooding", flooding},
	{"residual", residual},
}

// String is the schedule's name.
func (s Schedule) String() string { return schedules[s].name }

// Schedules are the names of all, in order.
func Schedules() (names []string) {
	for _, s := range schedules {
		names = append(names, s.name)
	}
	return names
}

func serial(m *messages, c Config) (func() (float64, error), error) {
	return func() (change float64, err error) {
		for f := range m.factors {
			m.gather(f)
			for k := range m.m[f] {
				to, err := m.compute(f, k)
				if err != nil {
					return 0, err
				}
				change = max(change, m.commit(f, k, to, c.Damping))
			}
		}
		return change, nil
	}, nil
}

func flooding(m *messages, c Config) (func() (float64, error), error) {
	next := m.like()
	return func() (change float64, err error) {
		if err := m.pending(next); err != nil {
			return 0, err
		}
		for f := range m.factors {
			for k, to := range next[f] {
				change = max(change, m.commit(f, k, to, c.Damping))
			}
		}
		return change, nil
	}, nil
}

// like is room for all messages.
func (m *messages) like() [][][]float64 {
	next := make([][][]float64, len(m.m))
	for f, to := range m.m {
		for _, x := range to {
			next[f] = append(next[f], make([]float64, len(x)))
		}
	}
	return next
}

// pending works all messages out from the present ones.
func (m *messages) pending(next [][][]float64) error {
	for f := range m.factors {
		m.gather(f)
		for k := range next[f] {
			to, err := m.compute(f, k)
			if err != nil {
				return err
			}
			copy(next[f][k], to)
		}
	}
	return nil
}

// residual sends, in a sweep, as many messages as there are, or fewer where no message would
// change by more than the tolerance; the change it returns is the largest still to come.
func residual(m *messages, c Config) (func() (float64, error), error) {
	q := &queue{messages: m, next: m.like()}
	if err := m.pending(q.next); err != nil {
		return nil, err
	}
	for f := range m.factors {
		q.edge = append(q.edge, len(q.places))
		for k := range m.m[f] {
			q.heap, q.where = append(q.heap, len(q.places)), append(q.where, len(q.places))
			q.places = append(q.places, place{f, k})
			q.key = append(q.key, q.gap(place{f, k}))
		}
	}
	heap.Init(q)
	return func() (float64, error) {
		for range q.places {
			top := q.places[q.heap[0]]
			if q.key[q.heap[0]] <= c.Tolerance {
				break
			}
			m.commit(top.factor, top.slot, q.next[top.factor][top.slot], c.Damping)
			q.touch(top)
			if err := q.renew(top); err != nil {
				return 0, err
			}
		}
		if len(q.places) == 0 {
			return 0, nil
		}
		return q.key[q.heap[0]], nil
	}, nil
}

// queue orders messages by how much they would change.
type queue struct {
	*messages
	next   [][][]float64 // what they would change to
	places []place       // of each message
	edge   []int         // of each factor: its first message
	key    []float64
	heap   []int // of messages
	where  []int // each is in the heap
}

// Len is part of heap.Interface.
func (q *queue) Len() int { return len(q.heap) }

// Less is part of heap.Interface: the largest change is first.
func (q *queue) Less(i, j int) bool { return q.key[q.heap[i]] > q.key[q.heap[j]] }

// Swap is part of heap.Interface.
func (q *queue) Swap(i, j int) {
	q.heap[i], q.heap[j] = q.heap[j], q.heap[i]
	q.where[q.heap[i]], q.where[q.heap[j]] = i, j
}

// Push is part of heap.Interface, and unused: the messages are all there.
func (q *queue) Push(any) {}

// Pop is part of heap.Interface, and unused.
func (q *queue) Pop() any { return nil }

// gap is the change of a message if it were sent.
func (q *queue) gap(at place) (d float64) {
	for s, old := range q.m[at.factor][at.slot] {
		if x := q.next[at.factor][at.slot][s]; x != old {
			d = max(d, math.Abs(x-old))
		}
	}
	return d
}

// touch puts a message to its place in the order.
func (q *queue) touch(at place) {
	e := q.edge[at.factor] + at.slot
	q.key[e] = q.gap(at)
	heap.Fix(q, q.where[e])
}

// renew works out again what depends on a message that was sent: those that the factors of
// its variable send to others.
func (q *queue) renew(sent place) error {
	for _, at := range q.at[q.factors[sent.factor].Vars[sent.slot]] {
		if at.factor == sent.factor && q.rho[at.factor] == 1 {
			continue
		}
		q.gather(at.factor)
		for k := range q.m[at.factor] {
			if k == at.slot {
				continue
			}
			to, err := q.compute(at.factor, k)
			if err != nil {
				return err
			}
			copy(q.next[at.factor][k], to)
			q.touch(place{at.factor, k})
		}
	}
	return nil
}
