package data

func init() {
	namedSet{
		info: Info{
			Name: "fashion-mnist", Summary: "pictures of clothes, 28×28 grey",
			Source: "Xiao, Rasul & Vollgraf 2017", Shape: []int{28, 28},
			Train: 60_000, Test: 10_000, Classes: 10, Folder: "fashion-mnist",
		},
		train: idxTrainImages, test: idxTestImages,
		classes: []string{"T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"},
		files: []remoteFile{
			{idxTrainImages, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", 47_040_016},
			{idxTrainLabels, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", 60_008},
			{idxTestImages, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", 7_840_016},
			{idxTestLabels, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", 10_008},
		},
		addresses: []string{
			"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
			"https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		},
	}.register()
}
