package data

func init() {
	namedSet{
		info: Info{
			Name: "mnist", Summary: "handwritten digits, 28×28 grey",
			Source: "LeCun, Cortes & Burges 1998", Shape: []int{28, 28},
			Train: 60_000, Test: 10_000, Classes: 10, Folder: "mnist",
		},
		train: idxTrainImages, test: idxTestImages,
		files: []remoteFile{
			{idxTrainImages, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47_040_016},
			{idxTrainLabels, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60_008},
			{idxTestImages, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7_840_016},
			{idxTestLabels, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10_008},
		},
		addresses: []string{
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
		},
	}.register()
}
