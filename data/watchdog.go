package data

import (
	"context"
	"fmt"
	"time"
)

// watchdog cancels a context when it has not been fed for some time.
type watchdog struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// newWatchdog derives a context that ends when feed is not called for the limit.
func newWatchdog(ctx context.Context, limit time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	stalled := fmt.Errorf("%w: got no byte for %v", errBroken, limit)
	w := &watchdog{limit: limit, cancel: cancel}
	w.timer = time.AfterFunc(limit, func() { cancel(stalled) })
	return ctx, w
}

// feed starts the time anew.
func (w *watchdog) feed() { w.timer.Reset(w.limit) }

// stop ends the context.
func (w *watchdog) stop() {
	w.timer.Stop()
	w.cancel(context.Canceled)
}

// explain returns why an attempt ended: the context's cause, if that is over, or else the
// error of the connection.
func (w *watchdog) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return fmt.Errorf("%w: %w", errBroken, err)
}
