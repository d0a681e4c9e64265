package data

// The set that static-binarisation results are quoted on has bits of its own, which no
// thresholding of MNIST gives back.
func init() {
	const prefix, suffix = "binarized_mnist_", "-images-idx3-ubyte.gz"
	namedSet{
		info: Info{
			Name: "binarized-mnist", Summary: "MNIST with fixed binary pixels, 28×28",
			Source: "Larochelle & Murray 2011", Shape: []int{28, 28},
			Train: 50_000, Valid: 10_000, Test: 10_000, Folder: "binarized-mnist",
		},
		train: prefix + "train" + suffix, valid: prefix + "valid" + suffix, test: prefix + "test" + suffix,
		files: []remoteFile{
			{prefix + "train" + suffix, "0eae7dff54784fdce12433da8ed5d8549d4676c91740d78aa0b18fa99a8b96f2", 39_200_016},
			{prefix + "valid" + suffix, "1b017d51bf2733a6cbde62f26dd36be91c88ab4e95f8de9cdafadcb26fe9a852", 7_840_016},
			{prefix + "test" + suffix, "491785121c5ff9ffb073809cd7c755a241b9e04052f1cf2ec7c9608a9346e097", 7_840_016},
		},
	}.register()
}
