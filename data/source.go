package data

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// source is the decompressed bytes of one file, with what is known of their number.
type source struct {
	*bufio.Reader
	in     *boundedReader
	format string
	lim    Limits
	size   int64 // decompressed size; −1 if it is not known
	sparse bool  // the size is only declared: memory grows as bytes arrive
	most   int64 // no more bytes than this can come
}

// bufSize is the read buffer in bytes: small, since it is paid for each file.
const bufSize = 16 << 10

// newSource reads from r, through gzip if the first two bytes are gzip's. The size is that of
// the file, or −1.
func newSource(r io.Reader, size int64, format string, lim Limits) (*source, error) {
	lim = lim.orDefault()
	raw := &countReader{r: r}
	br := bufio.NewReaderSize(raw, bufSize)
	s := &source{format: format, lim: lim, size: size, sparse: size < 0, most: lim.MaxBytes}
	in := &boundedReader{r: br, format: format, lim: lim}
	if head, _ := br.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, &FormatError{Format: format, Field: "gzip", Msg: "got a damaged header: " + err.Error(), Err: err}
		}
		in.r, in.packed, s.size, s.sparse = z, raw, -1, true
		if size >= 0 {
			s.most = min(s.most, mulClamp(size, deflateRatio))
		}
		s.Reader = bufio.NewReaderSize(in, bufSize)
	} else {
		if size > lim.MaxBytes {
			return nil, s.fail(0, "size", "got %d bytes, want at most %d", size, lim.MaxBytes)
		}
		if size >= 0 {
			s.most = size
		}
		s.Reader = bufio.NewReaderSize(in, bufSize)
	}
	s.in = in
	return s, nil
}

// offset returns the number of bytes taken so far.
func (s *source) offset() int64 { return s.in.n - int64(s.Buffered()) }

// fail returns a FormatError at a byte.
func (s *source) fail(at int64, field, msg string, args ...any) error {
	return &FormatError{Format: s.format, Offset: at, Field: field, Msg: fmt.Sprintf(msg, args...)}
}

// cause turns an error of reading into a FormatError, unless it is one.
func (s *source) cause(field string, err error) error {
	var fe *FormatError
	if errors.As(err, &fe) {
		return err
	}
	return &FormatError{Format: s.format, Offset: s.offset(), Field: field, Msg: "got " + err.Error() + ", want readable bytes", Err: err}
}

// full fills b.
func (s *source) full(field string, b []byte) error {
	at := s.offset()
	n, err := io.ReadFull(s.Reader, b)
	switch {
	case err == nil:
		return nil
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		return &FormatError{Format: s.format, Offset: at, Field: field,
			Msg: fmt.Sprintf("got the end of the file after %d bytes, want %d", n, len(b)), Err: io.ErrUnexpectedEOF}
	}
	return s.cause(field, err)
}

// end fails if bytes are left; at the end of a gzip stream this also compares its checksum.
func (s *source) end(field string) error {
	at := s.offset()
	switch _, err := s.ReadByte(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return s.cause(field, err)
	}
	return s.fail(at, field, "got more bytes, want the end of the file")
}

// payload compares the n bytes that a header declares with what the file can hold.
func (s *source) payload(field string, n int64) error {
	at := s.offset()
	switch left := s.most - at; {
	case s.size >= 0 && n != left:
		return s.fail(at, field, "got %d bytes, want %d by the header", left, n)
	case n > left:
		return s.fail(at, field, "got %d bytes by the header, want at most %d, as many as the file can hold", n, left)
	}
	return nil
}

// values reads n elements. Where the bytes are known to be there the rows are allocated at once;
// otherwise bytes are collected first.
func (s *source) values(field string, t element, n int) ([]float32, error) {
	at := s.offset()
	if err := s.payload(field, int64(n)*int64(t.size)); err != nil {
		return nil, err
	}
	if s.sparse {
		return s.collect(field, t, n)
	}
	out := make([]float32, n)
	buf := make([]byte, min(n*t.size, 64<<10)) // a multiple of every element size
	for i := 0; i < n; {
		k := min(len(buf)/t.size, n-i)
		if err := s.full(field, buf[:k*t.size]); err != nil {
			return nil, err
		}
		if err := s.convert(field, at, t, out[i:i+k], buf, i); err != nil {
			return nil, err
		}
		i += k
	}
	return out, nil
}

// collect reads n elements of a stream of unknown length.
func (s *source) collect(field string, t element, n int) ([]float32, error) {
	at := s.offset()
	var chunks [][]byte
	for left, step := n*t.size, 16<<10; left > 0; step = min(2*step, 1<<20) {
		b := make([]byte, min(left, step))
		if err := s.full(field, b); err != nil {
			return nil, err
		}
		chunks = append(chunks, b)
		left -= len(b)
	}
	out := make([]float32, n)
	i := 0
	for c, b := range chunks {
		k := len(b) / t.size
		if err := s.convert(field, at, t, out[i:i+k], b, i); err != nil {
			return nil, err
		}
		i += k
		chunks[c] = nil
	}
	return out, nil
}

// convert decodes elements from b, of which the first has index i of the array that starts at
// byte at.
func (s *source) convert(field string, at int64, t element, dst []float32, b []byte, i int) error {
	if bad := t.decode(dst, b); bad >= 0 {
		return s.fail(at+int64((i+bad)*t.size), field, "got %v at index %d, want a finite float32", t.at(b[bad*t.size:]), i+bad)
	}
	return nil
}
