package bnn

// Resolved returns the configuration with every zero value replaced by what it stands for in a
// fit of a table of n rows, at least 1, and d columns.
func (c Config) Resolved(n, d int) Config { return c.withDefaults(max(1, n), d) }
