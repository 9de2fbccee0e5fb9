// Command gun fires requests that are made and signed already at a server of gRPC, and writes down what comes back.
//
// It writes HTTP/2 itself, because what it takes of a machine is missing to what it measures. It reads shots on standard
// input, each a line of JSON and the rows of its requests, and writes for each the number of its answers, four bytes with
// the least first, and their rows. Whatever is not an answer ends it.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

type shot struct {
	Address string `json:"address"`
	// PEM.
	Authority string  `json:"authority"`
	Path      string  `json:"path"`
	InFlight  int     `json:"inFlight"`
	Ms        float64 `json:"ms"`
	Keys      int     `json:"keys"`
	Rows      int     `json:"rows"`
}

func main() {
	// One goroutine needs no more, and whatever the collector does then stays off the other core.
	runtime.GOMAXPROCS(1)
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	in := bufio.NewReader(os.Stdin)
	volley := &volley{requests: slots{fields: requestFields}, answers: slots{fields: answerFields}}
	connections := map[string]*connection{}
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var shot shot
		if err := json.Unmarshal(line, &shot); err != nil {
			return err
		}
		volley.requests = volley.requests.sized(shot.Rows)
		if _, err := io.ReadFull(in, volley.requests.memory); err != nil {
			return err
		}
		if connections[shot.Address], err = connected(connections[shot.Address], shot); err != nil {
			return err
		}
		volley.load(connections[shot.Address], shot)
		if err := volley.fire(); err != nil {
			return fmt.Errorf("%s%s: %w", shot.Address, shot.Path, err)
		}
		if err := write(volley.answers, len(volley.rows)); err != nil {
			return err
		}
	}
}

// connected is what there is, if it still is: between two shots a server hangs up.
func connected(known *connection, shot shot) (*connection, error) {
	if known != nil {
		if known.alive() == nil {
			return known, nil
		}
		known.tls.Close()
	}
	return dial(shot.Address, shot.Authority)
}

func write(answers slots, rows int) error {
	var count [4]byte
	binary.LittleEndian.PutUint32(count[:], uint32(rows))
	if _, err := os.Stdout.Write(count[:]); err != nil {
		return err
	}
	_, err := os.Stdout.Write(answers.memory[:rows*answers.rowBytes()])
	return err
}
