package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	TEXT("add", NOSPLIT, "func(x, y uint64) uint64")
	x := Load(Param("x"), GP64())
	y := Load(Param("y"), GP64())
	ADDQ(x, y)
	Store(y, ReturnIndex(0))
	RET()
	Generate()
}
