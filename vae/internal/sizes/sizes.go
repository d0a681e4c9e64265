// Package sizes has sizes of networks that no setting decides and tests make small.
package sizes

// PriorHidden holds the widths of the networks of a prior that is a flow.
var PriorHidden = []int{64, 64}
