package bnn

// Resolved returns the configuration with every zero value replaced by what it stands for in a
// fit of a table of n rows, at least 1.
func (c Config) Resolved(n int) Config { return c.withDefaults(max(1, n)) }
