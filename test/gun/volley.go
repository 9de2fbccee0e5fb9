package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/net/http2/hpack"
)

// Columns of a request and of an answer, as test/bench/gun.ts has them.
const (
	requestFrame = iota
	requestSignature
	requestFields
)
const (
	// The request's row, the latency, and the end since the clock began, in nanoseconds; as text.
	answerCall = iota
	answerBody
	answerStatus
	answerSignature
	answerFields
)

// over is when a call began that has ended.
const over = -1

// volley is what one shot fires over one connection. Requests whose rows lie the number of keys apart are of one key, and
// of each key one is in flight at most.
type volley struct {
	on                *connection
	requests, answers slots
	// The signature, which is last, is of each request.
	head     []hpack.HeaderField
	inFlight int
	ms       time.Duration
	keys     int
	// A ring of the rows that are next, one for each key that has none in flight.
	free []int
	next int
	// Of each call, in the order of their streams: its request's row, and when it began since the clock did.
	rows   []int
	starts []time.Duration
	first  uint32
	open   int
	clock  time.Time
}

// load makes ready for a shot; what it needs is made before the clock runs, or was there already.
func (v *volley) load(on *connection, shot shot) {
	v.on, v.keys, v.inFlight = on, shot.Keys, shot.InFlight
	v.ms = time.Duration(shot.Ms * float64(time.Millisecond))
	v.answers = v.answers.sized(v.requests.rows())
	v.head = []hpack.HeaderField{
		{Name: ":method", Value: "POST"},
		{Name: ":path", Value: shot.Path},
		{Name: ":authority", Value: shot.Address},
		{Name: ":scheme", Value: "https"},
		{Name: "content-type", Value: "application/grpc"},
		{Name: "te", Value: "trailers"},
		{Name: "sig-bin"},
	}
	v.free, v.next = v.free[:0], 0
	for key := range v.keys {
		v.free = append(v.free, key)
	}
	if cap(v.rows) < v.requests.rows() {
		v.rows, v.starts = make([]int, 0, v.requests.rows()), make([]time.Duration, 0, v.requests.rows())
	}
	v.rows, v.starts = v.rows[:0], v.starts[:0]
	v.first, v.open = on.next, 0
	on.streams = v
}

// fire keeps so many calls open until the time is over, and then waits for those that are.
func (v *volley) fire() error {
	if v.inFlight > v.keys {
		return errors.New("more in flight than keys")
	}
	v.on.patient(v.ms)
	v.clock = time.Now()
	for range v.inFlight {
		if err := v.ask(time.Since(v.clock)); err != nil {
			return err
		}
	}
	for v.open > 0 {
		if err := v.on.step(); err != nil {
			return err
		}
	}
	return nil
}

func (v *volley) ask(now time.Duration) error {
	if int64(v.open) >= v.on.maxStreams {
		return fmt.Errorf("the peer allows %d streams", v.on.maxStreams)
	}
	row := v.free[v.next]
	if row >= v.requests.rows() {
		return errors.New("more requests a second than were made; raise perSecondMax")
	}
	v.answers.empty(len(v.rows))
	v.rows, v.starts = append(v.rows, row), append(v.starts, now)
	v.open++
	v.next = (v.next + 1) % v.keys
	v.head[len(v.head)-1].Value = string(v.requests.field(row, requestSignature))
	return v.on.ask(v.head, v.requests.field(row, requestFrame))
}

// call is the place of a stream's call.
func (v *volley) call(id uint32) (int, error) {
	at := int(id-v.first) / 2
	if id < v.first || at >= len(v.starts) || v.starts[at] == over {
		return 0, fmt.Errorf("stream %d is not open", id)
	}
	return at, nil
}

func (v *volley) field(id uint32, field hpack.HeaderField) error {
	at, err := v.call(id)
	if err != nil {
		return err
	}
	switch field.Name {
	case "grpc-status":
		return add(v.answers, at, answerStatus, field.Value)
	case "sig-bin":
		return add(v.answers, at, answerSignature, field.Value)
	}
	return nil
}

func (v *volley) data(id uint32, data []byte) error {
	at, err := v.call(id)
	if err != nil {
		return err
	}
	return add(v.answers, at, answerBody, data)
}

func (v *volley) end(id uint32) error {
	at, err := v.call(id)
	if err != nil {
		return err
	}
	now := time.Since(v.clock)
	var room [64]byte
	text := strconv.AppendInt(room[:0], int64(v.rows[at]), 10)
	text = strconv.AppendInt(append(text, ' '), int64(now-v.starts[at]), 10)
	text = strconv.AppendInt(append(text, ' '), int64(now), 10)
	if err := add(v.answers, at, answerCall, text); err != nil {
		return err
	}
	v.starts[at] = over
	v.free[(v.next+v.keys-v.open)%v.keys] = v.rows[at] + v.keys
	v.open--
	if now >= v.ms {
		return nil
	}
	return v.ask(now)
}
