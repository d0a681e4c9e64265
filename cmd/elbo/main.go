// Command elbo trains variational autoencoders and nets that predict with intervals, shows what they
// learnt, and uses them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/elbo-go/elbo/train"
)

// Exit codes: success, failed work, a mistake in the command line, ended by a signal.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	boundGarbage()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run executes one command line and returns the exit code. Whatever goes wrong is one line
// on the error stream.
func run(ctx context.Context, args []string, io streams) int {
	root := newRoot(io)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, train.ErrInterrupted) || errors.Is(err, context.Canceled):
		fmt.Fprintln(io.err, "elbo:", stopped(err))
		return exitInterrupted
	}
	fmt.Fprintln(io.err, "elbo:", oneLine(err))
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// stopped tells what a signal ended.
func stopped(err error) string {
	text := oneLine(err)
	if text == context.Canceled.Error() {
		return "interrupted before there was a result; what was saved before is as it was"
	}
	return strings.ReplaceAll(text, context.Canceled.Error(), "interrupted")
}

// oneLine joins the lines of an error's text, and drops the name of the root package, which
// is that of the program.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.TrimPrefix(strings.Join(lines, "; "), "elbo: ")
}
