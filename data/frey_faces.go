package data

import (
	"context"
	"fmt"
)

// freyValid and freyTest are the rows taken from the 1,965 frames, as is usual for this set.
const freyValid, freyTest = 200, 200

func init() {
	const file = "freyfaces-images-idx3-ubyte.gz"
	n := namedSet{
		info: Info{
			Name: "frey-faces", Summary: "frames of one face, 28×20 grey",
			Source: "Roweis, Saul & Hinton 2001", Shape: []int{28, 20},
			Train: 1_965 - freyValid - freyTest, Valid: freyValid, Test: freyTest, Folder: "freyfaces",
		},
		train: file,
		files: []remoteFile{
			{file, "c943677a3bcb83ed2de1207d4355c360cabfee597a538f9735ec3254886c365f", 1_100_416},
		},
	}
	register(setSource{Info: n.info, files: n.files, load: func(ctx context.Context, spec Spec) (setParts, error) {
		p, err := n.load(ctx, spec)
		if err != nil {
			return p, err
		}
		return splitFrey(p.train)
	}})
}

// splitFrey parts the frames at random: they are in the order of time, and neighbours are
// nearly equal.
func splitFrey(s *Set) (setParts, error) {
	if n := s.Len(); n <= freyValid+freyTest {
		return setParts{}, fmt.Errorf("data: frey-faces: got %d frames, want more than %d", n, freyValid+freyTest)
	}
	order := fixedOrder(s.Len(), "frey-faces")
	train := s.Len() - freyValid - freyTest
	return setParts{
		train: s.Select(order[:train]),
		valid: s.Select(order[train : train+freyValid]),
		test:  s.Select(order[train+freyValid:]),
	}, nil
}
