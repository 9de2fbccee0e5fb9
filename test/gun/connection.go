package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	patience = 10 * time.Second
	// More than comes with all streams open; the connection's is opened again when half of it is used.
	window        = 16 << 20
	defaultWindow = 65_535
	// More than a turn writes or finds, so that it is one system call.
	turnBytes = 1 << 17
)

// streams are told what comes for them.
type streams interface {
	field(id uint32, field hpack.HeaderField) error
	data(id uint32, data []byte) error
	end(id uint32) error
}

// connection is HTTP/2 over TLS in one goroutine, in turns: it takes all that has come, and what that gives to write goes
// out in one piece before it waits for more. It may write before it reads only because what is in flight is less than
// what the sockets' buffers hold.
type connection struct {
	tls     *tls.Conn
	out     *bufio.Writer
	framer  *http2.Framer
	block   bytes.Buffer
	encoder *hpack.Encoder
	decoder *hpack.Decoder
	// Of which stream a block of headers is being read, and whether it is its last.
	reading struct {
		id   uint32
		last bool
		err  error
	}
	streams streams
	next    uint32
	// What the peer allows.
	maxStreams, streamWindow, sendWindow int64
	// Of our window, taken since it was last opened.
	taken    uint32
	settled  bool
	answered bool
}

// dial returns when the peer's settings are there.
func dial(address, authority string) (*connection, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(authority)) {
		return nil, errors.New("no authority in PEM")
	}
	raw, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	c := &connection{next: 1, maxStreams: 1<<32 - 1, streamWindow: defaultWindow, sendWindow: defaultWindow}
	turns := &turns{Conn: raw, in: bufio.NewReaderSize(raw, turnBytes), before: func() error { return c.out.Flush() }}
	c.tls = tls.Client(turns, &tls.Config{
		RootCAs:    roots,
		ServerName: "localhost",
		NextProtos: []string{"h2"},
		// Small records are for browsers, who draw what has come; here each would be a system call.
		DynamicRecordSizingDisabled: true,
	})
	c.out = bufio.NewWriterSize(c.tls, turnBytes)
	c.framer = http2.NewFramer(c.out, bufio.NewReaderSize(c.tls, turnBytes))
	c.framer.SetReuseFrames()
	c.encoder = hpack.NewEncoder(&c.block)
	c.decoder = hpack.NewDecoder(4096, func(field hpack.HeaderField) {
		if c.reading.err == nil {
			c.reading.err = c.streams.field(c.reading.id, field)
		}
	})
	if err := c.greet(); err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

func (c *connection) greet() error {
	c.patient(0)
	if err := c.tls.Handshake(); err != nil {
		return err
	}
	if protocol := c.tls.ConnectionState().NegotiatedProtocol; protocol != "h2" {
		return fmt.Errorf("protocol %q", protocol)
	}
	if _, err := c.out.WriteString(http2.ClientPreface); err != nil {
		return err
	}
	settings := []http2.Setting{{ID: http2.SettingEnablePush, Val: 0}, {ID: http2.SettingInitialWindowSize, Val: window}}
	if err := c.framer.WriteSettings(settings...); err != nil {
		return err
	}
	if err := c.framer.WriteWindowUpdate(0, window-defaultWindow); err != nil {
		return err
	}
	for !c.settled {
		if err := c.step(); err != nil {
			return err
		}
	}
	return c.out.Flush()
}

// alive asks the peer, and reads what came since somebody last did.
func (c *connection) alive() error {
	c.patient(0)
	c.answered = false
	if err := c.framer.WritePing(false, [8]byte{}); err != nil {
		return err
	}
	for !c.answered {
		if err := c.step(); err != nil {
			return err
		}
	}
	return nil
}

// patient lets everything fail that takes that much longer.
func (c *connection) patient(than time.Duration) { c.tls.SetDeadline(time.Now().Add(than + patience)) }

// ask opens a stream, half closed.
func (c *connection) ask(fields []hpack.HeaderField, body []byte) error {
	if size := int64(len(body)); size > c.sendWindow || size > c.streamWindow {
		return errors.New("the peer's window is shut")
	}
	c.block.Reset()
	for _, field := range fields {
		if err := c.encoder.WriteField(field); err != nil {
			return err
		}
	}
	head := http2.HeadersFrameParam{StreamID: c.next, BlockFragment: c.block.Bytes(), EndHeaders: true}
	if err := c.framer.WriteHeaders(head); err != nil {
		return err
	}
	c.sendWindow -= int64(len(body))
	err := c.framer.WriteData(c.next, true, body)
	c.next += 2
	return err
}

// step takes one frame.
func (c *connection) step() error {
	frame, err := c.framer.ReadFrame()
	if err != nil {
		return err
	}
	switch frame := frame.(type) {
	case *http2.DataFrame:
		return c.take(frame)
	case *http2.HeadersFrame:
		c.reading.id, c.reading.last = frame.StreamID, frame.StreamEnded()
		return c.read(frame.HeaderBlockFragment(), frame.HeadersEnded())
	case *http2.ContinuationFrame:
		return c.read(frame.HeaderBlockFragment(), frame.HeadersEnded())
	case *http2.SettingsFrame:
		return c.settle(frame)
	case *http2.PingFrame:
		if frame.IsAck() {
			c.answered = true
			return nil
		}
		return c.framer.WritePing(true, frame.Data)
	case *http2.WindowUpdateFrame:
		// Those of a stream come too late: its request went out whole.
		if frame.StreamID == 0 {
			c.sendWindow += int64(frame.Increment)
		}
		return nil
	case *http2.RSTStreamFrame:
		return fmt.Errorf("stream %d was reset: %v", frame.StreamID, frame.ErrCode)
	case *http2.GoAwayFrame:
		return fmt.Errorf("the peer goes away: %v %q", frame.ErrCode, frame.DebugData())
	default:
		return nil
	}
}

// take gives the connection's window back. A stream's is never used up: no answer is that long.
func (c *connection) take(frame *http2.DataFrame) error {
	if err := c.streams.data(frame.StreamID, frame.Data()); err != nil {
		return err
	}
	if c.taken += frame.Length; c.taken >= window/2 {
		if err := c.framer.WriteWindowUpdate(0, c.taken); err != nil {
			return err
		}
		c.taken = 0
	}
	if frame.StreamEnded() {
		return c.streams.end(frame.StreamID)
	}
	return nil
}

func (c *connection) read(fragment []byte, whole bool) error {
	if _, err := c.decoder.Write(fragment); err != nil {
		return err
	}
	if c.reading.err != nil || !whole {
		return c.reading.err
	}
	if err := c.decoder.Close(); err != nil {
		return err
	}
	if c.reading.last {
		return c.streams.end(c.reading.id)
	}
	return nil
}

func (c *connection) settle(frame *http2.SettingsFrame) error {
	if frame.IsAck() {
		return nil
	}
	c.settled = true
	_ = frame.ForeachSetting(func(setting http2.Setting) error {
		switch setting.ID {
		case http2.SettingMaxConcurrentStreams:
			c.maxStreams = int64(setting.Val)
		case http2.SettingInitialWindowSize:
			c.streamWindow = int64(setting.Val)
		case http2.SettingHeaderTableSize:
			c.encoder.SetMaxDynamicTableSizeLimit(setting.Val)
		}
		return nil
	})
	return c.framer.WriteSettingsAck()
}

// turns is the socket below TLS, which is asked for more exactly when all that came has been taken.
type turns struct {
	net.Conn
	in     *bufio.Reader
	before func() error
}

func (t *turns) Read(to []byte) (int, error) {
	if t.in.Buffered() == 0 {
		if err := t.before(); err != nil {
			return 0, err
		}
	}
	return t.in.Read(to)
}
