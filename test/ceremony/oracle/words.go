package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lightningnetwork/lnd/aezeed"
	"github.com/lightningnetwork/lnd/keychain"
)

type encipherQuestion struct {
	Entropy      string `json:"entropy"`      // hex, 16 bytes
	Salt         string `json:"salt"`         // hex, 5 bytes
	BirthdayUnix int64  `json:"birthdayUnix"` // any second of the day
	Passphrase   string `json:"passphrase"`   // hex, so that any bytes can be asked about; empty is lnd's default
}

type encipherAnswer struct {
	Words string `json:"words"`
}

// encipher writes the words that lnd's GenSeed would have drawn: the salt comes from the randomness source, which is
// the one way aezeed lets a caller choose it.
func encipher(q encipherQuestion) (encipherAnswer, error) {
	var (
		entropy [aezeed.EntropySize]byte
		salt    [aezeed.SaltSize]byte
	)
	if err := errors.Join(fixed(entropy[:], q.Entropy), fixed(salt[:], q.Salt)); err != nil {
		return encipherAnswer{}, err
	}
	passphrase, err := hex.DecodeString(q.Passphrase)
	if err != nil {
		return encipherAnswer{}, err
	}
	seed, err := aezeed.New(
		keychain.CurrentKeyDerivationVersion, &entropy, time.Unix(q.BirthdayUnix, 0),
		aezeed.WithRandomnessSource(bytes.NewReader(salt[:])),
	)
	if err != nil {
		return encipherAnswer{}, err
	}
	mnemonic, err := seed.ToMnemonic(passphrase)
	if err != nil {
		return encipherAnswer{}, err
	}
	return encipherAnswer{Words: strings.Join(mnemonic[:], " ")}, nil
}

type decipherQuestion struct {
	Words      string `json:"words"`      // 24, lower case, one space between
	Passphrase string `json:"passphrase"` // hex
}

type decipherAnswer struct {
	InternalVersion uint8  `json:"internalVersion"`
	BirthdayDays    uint16 `json:"birthdayDays"`
	BirthdayUnix    int64  `json:"birthdayUnix"`
	Entropy         string `json:"entropy,omitempty"`
	Salt            string `json:"salt,omitempty"`
	Error           string `json:"error,omitempty"`
	Position        int    `json:"position,omitempty"` // of an unknown word, from 1
}

func decipher(q decipherQuestion) (decipherAnswer, error) {
	var mnemonic aezeed.Mnemonic
	words := strings.Split(q.Words, " ")
	if len(words) != len(mnemonic) {
		return decipherAnswer{}, fmt.Errorf("want %d words, got %d", len(mnemonic), len(words))
	}
	copy(mnemonic[:], words)
	passphrase, err := hex.DecodeString(q.Passphrase)
	if err != nil {
		return decipherAnswer{}, err
	}
	plain, salt, err := mnemonic.Decipher(passphrase)
	if err != nil {
		return refused(err)
	}
	days := binary.BigEndian.Uint16(plain[1:3])
	seed := aezeed.CipherSeed{Birthday: days}
	return decipherAnswer{
		InternalVersion: plain[0],
		BirthdayDays:    days,
		BirthdayUnix:    seed.BirthdayTime().Unix(),
		Entropy:         hex.EncodeToString(plain[3:]),
		Salt:            hex.EncodeToString(salt[:]),
	}, nil
}

// refused names lnd's error by the ceremony's code for it. An error that lnd does not have is not an answer.
func refused(err error) (decipherAnswer, error) {
	var unknown aezeed.ErrUnknownMnemonicWord
	switch {
	case errors.As(err, &unknown):
		return decipherAnswer{Error: "unknown_word", Position: int(unknown.Index) + 1}, nil
	case errors.Is(err, aezeed.ErrIncorrectVersion):
		return decipherAnswer{Error: "bad_version"}, nil
	case errors.Is(err, aezeed.ErrIncorrectMnemonic):
		return decipherAnswer{Error: "bad_checksum"}, nil
	case errors.Is(err, aezeed.ErrInvalidPass):
		return decipherAnswer{Error: "wrong_passphrase"}, nil
	}
	return decipherAnswer{}, err
}

// bench times whole Deciphers, scrypt at lnd's N included, of one fixed phrase.
func bench(count string) error {
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return fmt.Errorf("want a count from 1, got %q", count)
	}
	entropy := [aezeed.EntropySize]byte{}
	seed, err := aezeed.New(
		keychain.CurrentKeyDerivationVersion, &entropy, aezeed.BitcoinGenesisDate,
		aezeed.WithRandomnessSource(bytes.NewReader(make([]byte, aezeed.SaltSize))),
	)
	if err != nil {
		return err
	}
	mnemonic, err := seed.ToMnemonic(nil)
	if err != nil {
		return err
	}
	times := make([]int64, n)
	for i := range times {
		start := time.Now()
		if _, _, err := mnemonic.Decipher(nil); err != nil {
			return err
		}
		times[i] = time.Since(start).Nanoseconds()
	}
	slices.Sort(times)
	return json.NewEncoder(os.Stdout).Encode(map[string]int64{"decipherNs": times[n/2]})
}
