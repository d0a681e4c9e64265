package data

import (
	"encoding/binary"
	"math"
)

// element is a number type of a binary array.
type element struct {
	name string
	size int // bytes
	at   func(b []byte) float64
}

// bytes8 is the type of pixels and labels.
var bytes8 = element{"uint8", 1, func(b []byte) float64 { return float64(b[0]) }}

// elements returns the number types in a byte order.
func elements(o binary.ByteOrder) map[string]element {
	list := []element{
		bytes8,
		{"int8", 1, func(b []byte) float64 { return float64(int8(b[0])) }},
		{"int16", 2, func(b []byte) float64 { return float64(int16(o.Uint16(b))) }},
		{"int32", 4, func(b []byte) float64 { return float64(int32(o.Uint32(b))) }},
		{"int64", 8, func(b []byte) float64 { return float64(int64(o.Uint64(b))) }},
		{"float32", 4, func(b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }},
		{"float64", 8, func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }},
	}
	m := make(map[string]element, len(list))
	for _, e := range list {
		m[e.name] = e
	}
	return m
}

// decode converts len(dst) elements. It returns the index of the first one that is not a
// finite float32, and −1 if there is none.
func (e element) decode(dst []float32, b []byte) int {
	if e.name == "uint8" {
		for i := range dst {
			dst[i] = float32(b[i])
		}
		return -1
	}
	for i := range dst {
		v := e.at(b[i*e.size:])
		if !finite32(v) {
			return i
		}
		dst[i] = float32(v)
	}
	return -1
}

// finite32 tells whether v stays finite as a float32; NaN is not.
func finite32(v float64) bool { return math.Abs(v) <= math.MaxFloat32 }

// scalePixels maps bytes 0 … 255 to [0, 1]. Pixels that are all 0 or 1 are kept: they are
// images that were made binary before.
func scalePixels(x []float32) {
	top := float32(0)
	for _, v := range x {
		top = max(top, v)
	}
	if top <= 1 {
		return
	}
	for i := range x {
		x[i] /= 255
	}
}
