// Package paper holds the checks against published and measured figures that take minutes
// to hours. They are tests named Paper…, run by `make paper`; the last results are kept in
// docs/results.
package paper
