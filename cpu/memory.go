package cpu

import (
	"math/bits"
	"sync"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// idleLimit bounds the bytes that are kept for buffers to come; what is beyond it is left to the
// garbage collector.
const idleLimit = 512 << 20

// memory keeps the memory and the handles of finalized buffers for the next ones.
type memory struct {
	mu      sync.Mutex
	free    [classes][]unsafe.Pointer // by size class
	idle    int                       // bytes in free
	handles []*Buffer
}

// classes is the number of size classes: four to every power of two.
const classes = 4 * 64

// class gives the size class of n bytes and the bytes that its pieces have.
func class(n int) (index, size int) {
	n = max(n, kernel.Align)
	shift := max(bits.Len(uint(n-1))-3, 0)
	quarters := (n + 1<<shift - 1) >> shift // 5 to 8
	return 4*shift + quarters - 5, quarters << shift
}

// take gives a piece of at least n bytes that may hold anything.
func (m *memory) take(n int) unsafe.Pointer {
	c, size := class(n)
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := len(m.free[c]) - 1; last >= 0 {
		p := m.free[c][last]
		m.free[c][last] = nil
		m.free[c] = m.free[c][:last]
		m.idle -= size
		return p
	}
	return kernel.Alloc(size)
}

// give takes back a piece that was made for n bytes.
func (m *memory) give(p unsafe.Pointer, n int) {
	c, size := class(n)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.idle+size <= idleLimit {
		m.free[c] = append(m.free[c], p)
		m.idle += size
	}
}

// handle gives a Buffer object without memory.
func (m *memory) handle() *Buffer {
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := len(m.handles) - 1; last >= 0 {
		b := m.handles[last]
		m.handles = m.handles[:last]
		return b
	}
	return new(Buffer)
}

// giveHandle takes back the object of a donated buffer.
func (m *memory) giveHandle(b *Buffer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.handles = append(m.handles, b)
}

func (m *memory) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free, m.idle, m.handles = [classes][]unsafe.Pointer{}, 0, nil
}
