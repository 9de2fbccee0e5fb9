// Command oracle asks lnd's own Go packages for the answers that the ceremony must give too: the words of a seed, what
// words hold, and the keys and accounts of lnd's wallet. It is fed the entropy, salt and time, and draws nothing itself.
//
// Each command but bench reads a JSON array on standard input and writes the array of answers, in the same order:
//
//	oracle encipher   aezeed.New and ToMnemonic
//	oracle decipher   Mnemonic.Decipher, or its error as a stable code
//	oracle derive     a wallet as lnd makes it: identity, families, accounts
//	oracle bench N    median time of N full-strength Mnemonic.Decipher
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	switch {
	case command == "encipher" && len(args) == 1:
		return answer(encipher)
	case command == "decipher" && len(args) == 1:
		return answer(decipher)
	case command == "derive" && len(args) == 1:
		return answer(derive)
	case command == "bench" && len(args) == 2:
		return bench(args[1])
	}
	return errors.New("usage: oracle encipher|decipher|derive, or oracle bench N")
}

// answer maps the questions on standard input to answers, one worker a processor: scrypt is nearly all of the time.
func answer[Q, A any](reply func(Q) (A, error)) error {
	var questions []Q
	input := json.NewDecoder(os.Stdin)
	input.DisallowUnknownFields()
	if err := input.Decode(&questions); err != nil {
		return err
	}
	answers := make([]A, len(questions))
	errs := make([]error, len(questions))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				answers[i], errs[i] = reply(questions[i])
			}
		})
	}
	for i := range questions {
		next <- i
	}
	close(next)
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

// fixed decodes hex into exactly len(target) bytes.
func fixed(target []byte, text string) error {
	if len(text) != hex.EncodedLen(len(target)) {
		return fmt.Errorf("want %d bytes of hex, got %q", len(target), text)
	}
	_, err := hex.Decode(target, []byte(text))
	return err
}
