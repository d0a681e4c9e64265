package move

// What the comparison with GoMLX's own engine shares with the other tests. It stands outside the
// package, for that engine's graphs name regions, whose machine transposes by this package.
var (
	Buffer      = buffer
	Numbers     = numbers
	Padded      = padded
	Pick        = pick
	RowMajor    = rowMajor
	RowsOf      = rowsOf
	RunShuffled = runShuffled
	Same        = same
	Volume      = volume
)
