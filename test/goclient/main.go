// Command goclient asks an LSP for its configuration and verifies the answer over the bytes that came.
//
// It shares nothing with the project but the specification: grpc-go with a codec that passes bytes through, protobuf's
// wire format by hand, and another implementation of secp256k1. It reads one JSON object on standard input (see asked)
// and writes one on standard output.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"
)

type asked struct {
	Address     string `json:"address"`
	Certificate string `json:"certificate"`
	PrivateKey  string `json:"privateKey"`
	// Of the LSP, pinned: what every answer has to be signed by.
	NodeID string `json:"nodeId"`
}

type answered struct {
	Verified bool `json:"verified"`
	// The key that the answer's ctx names.
	NodeID string `json:"nodeId"`
	// What field of the answer is set beside ctx: 2 is success, 3 is failure.
	Either int `json:"either"`
	// Of the same request again, which is a replay: its signature and its field.
	ReplayVerified bool `json:"replayVerified"`
	ReplayEither   int  `json:"replayEither"`
}

// raw hands bytes through. grpc-go then does nothing but the five bytes in front of them.
type raw struct{}

func (raw) Marshal(value any) ([]byte, error) {
	bytes, ok := value.(*[]byte)
	if !ok {
		return nil, errors.New("no bytes")
	}
	return *bytes, nil
}

func (raw) Unmarshal(data []byte, value any) error {
	bytes, ok := value.(*[]byte)
	if !ok {
		return errors.New("no bytes")
	}
	*bytes = append([]byte(nil), data...)
	return nil
}

// The name becomes the content type's: application/grpc+proto.
func (raw) Name() string { return "proto" }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var in asked
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		return err
	}
	secret, err := hex.DecodeString(in.PrivateKey)
	if err != nil {
		return err
	}
	nodeID, err := hex.DecodeString(in.NodeID)
	if err != nil {
		return err
	}
	pinned, err := secp256k1.ParsePubKey(nodeID)
	if err != nil {
		return err
	}
	trust, err := credentials.NewClientTLSFromFile(in.Certificate, "")
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(in.Address, grpc.WithTransportCredentials(trust))
	if err != nil {
		return err
	}
	defer conn.Close()

	key := secp256k1.PrivKeyFromBytes(secret)
	request := getCfg(uint64(time.Now().UnixMicro()), key.PubKey().SerializeCompressed())
	var out answered
	var reply []byte
	if reply, out.Verified, err = call(conn, key, pinned, request); err != nil {
		return err
	}
	if out.NodeID, out.Either, err = read(reply); err != nil {
		return err
	}
	if reply, out.ReplayVerified, err = call(conn, key, pinned, request); err != nil {
		return err
	}
	if _, out.ReplayEither, err = read(reply); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// call sends one signed request. It returns the answer and whether its trailer is the pinned key's signature of it.
func call(conn *grpc.ClientConn, key *secp256k1.PrivateKey, pinned *secp256k1.PublicKey, request []byte) ([]byte, bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	signature := ecdsa.Sign(key, digest(request)).Serialize()
	ctx = metadata.AppendToOutgoingContext(ctx, "sig-bin", string(signature))
	var reply []byte
	var trailer metadata.MD
	err := conn.Invoke(ctx, "/BtcLsp.Service/GetCfg", &request, &reply, grpc.ForceCodec(raw{}), grpc.Trailer(&trailer))
	if err != nil {
		return nil, false, err
	}
	values := trailer.Get("sig-bin")
	if len(values) != 1 {
		return nil, false, fmt.Errorf("%d signatures", len(values))
	}
	theirs, err := ecdsa.ParseDERSignature([]byte(values[0]))
	if err != nil {
		return nil, false, err
	}
	return reply, theirs.Verify(digest(reply), pinned), nil
}

// digest is of the frame as it is on the wire: flag 0, the length, the message.
func digest(message []byte) []byte {
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	sum := sha256.Sum256(append(frame, message...))
	return sum[:]
}

// getCfg is Request{ctx: Ctx{nonce: Nonce{val}, ln_pub_key: LnPubKey{val}}}.
func getCfg(nonce uint64, key []byte) []byte {
	val := protowire.AppendTag(nil, 1, protowire.VarintType)
	val = protowire.AppendVarint(val, nonce)
	ctx := field(nil, 1, val)
	ctx = field(ctx, 2, field(nil, 1, key))
	return field(nil, 1, ctx)
}

func field(to []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), value)
}

// read finds the key in ctx, and what stands beside ctx.
func read(reply []byte) (string, int, error) {
	parts, err := fields(reply)
	if err != nil {
		return "", 0, err
	}
	ctx, err := fields(parts[1])
	if err != nil {
		return "", 0, err
	}
	key, err := fields(ctx[2])
	if err != nil {
		return "", 0, err
	}
	for _, number := range []protowire.Number{2, 3} {
		if _, ok := parts[number]; ok {
			return hex.EncodeToString(key[1]), int(number), nil
		}
	}
	return hex.EncodeToString(key[1]), 0, nil
}

// fields are those of bytes and messages, by number.
func fields(message []byte) (map[protowire.Number][]byte, error) {
	found := map[protowire.Number][]byte{}
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeField(message)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if kind == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(message)
			value, _ := protowire.ConsumeBytes(message[tag:])
			found[number] = value
		}
		message = message[n:]
	}
	return found, nil
}
