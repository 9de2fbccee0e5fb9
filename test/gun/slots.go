package main

import "fmt"

// As test/bench/slots.ts lays them out.
const (
	fieldBytes  = 256
	lengthBytes = 1
)

// slots are rows of short byte fields in one piece of memory, each with its length in its first byte.
type slots struct {
	memory []byte
	fields int
}

// sized is for so many rows, in the memory that is there if that is enough.
func (s slots) sized(rows int) slots {
	bytes := rows * s.rowBytes()
	if cap(s.memory) < bytes {
		s.memory = make([]byte, bytes)
	}
	s.memory = s.memory[:bytes]
	return s
}

func (s slots) rowBytes() int { return s.fields * fieldBytes }

func (s slots) rows() int { return len(s.memory) / s.rowBytes() }

// field is a view, not a copy.
func (s slots) field(row, field int) []byte {
	at := row*s.rowBytes() + field*fieldBytes
	return s.memory[at+lengthBytes : at+lengthBytes+int(s.memory[at])]
}

// empty makes a row of empty fields.
func (s slots) empty(row int) {
	for field := range s.fields {
		s.memory[row*s.rowBytes()+field*fieldBytes] = 0
	}
}

// add appends to a field. Generic, because a string would have to be copied to be bytes.
func add[B []byte | string](s slots, row, field int, bytes B) error {
	at := row*s.rowBytes() + field*fieldBytes
	length := int(s.memory[at])
	if length+len(bytes) > fieldBytes-lengthBytes {
		return fmt.Errorf("a field of %d bytes is too long", length+len(bytes))
	}
	copy(s.memory[at+lengthBytes+length:], bytes)
	s.memory[at] = byte(length + len(bytes))
	return nil
}
