// Package engine trains models that bring their own optimiser, such as mixtures fitted by
// coordinate ascent, and keeps their runs in directories. An engine is a [Spec] that registers
// itself from a package of its own below this one; commands, reports and the table of models find
// it there, and what its models can do by the abilities [Scorer], [Assigner], [Sampler] and
// [Topical].
//
// A run directory holds the files of package rundir, a line of the history a sweep, and
//
//	model.json   the fitted model
package engine
