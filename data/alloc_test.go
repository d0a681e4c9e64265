package data

import (
	"runtime"
	"runtime/metrics"
)

// allocated returns the bytes that f allocates in total, freed or not. Small objects are
// counted by the block, so that some hundred KiB may come from calls before.
func allocated(f func()) uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	f()
	metrics.Read(sample)
	return sample[0].Value.Uint64() - before
}

// allocatedExactly is allocated to the byte, but stops the world, which takes longer than to
// read a small file.
func allocatedExactly(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
