// Command load calls one unary gRPC method as fast as ghz's runner (grpc-go) can and says how fast that was.
//
// It reads one JSON object on standard input (see load below) and writes one on standard output. The request is the
// same message every time, encoded once, which is the least work for the client.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/bojand/ghz/runner"
)

type load struct {
	Call       string            `json:"call"`
	Host       string            `json:"host"`
	RootCert   string            `json:"rootCert"`
	Protoset   string            `json:"protoset"`
	Metadata   map[string]string `json:"metadata"`
	Request    []byte            `json:"request"`
	InFlight   uint              `json:"inFlight"`
	DurationMs int64             `json:"durationMs"`
}

type figures struct {
	Count     uint64  `json:"count"`
	PerSecond float64 `json:"perSecond"`
	P50Ms     float64 `json:"p50ms"`
	P99Ms     float64 `json:"p99ms"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var asked load
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	report, err := runner.Run(asked.Call, asked.Host,
		runner.WithProtoset(asked.Protoset),
		runner.WithRootCertificate(asked.RootCert),
		runner.WithMetadata(asked.Metadata),
		runner.WithBinaryData(asked.Request),
		// One connection, as every other client of the bench has.
		runner.WithConnections(1),
		runner.WithConcurrency(asked.InFlight),
		runner.WithRunDuration(time.Duration(asked.DurationMs)*time.Millisecond),
		// Calls in flight at the end are answered, not cut off: a cut one would count as an error.
		runner.WithDurationStopAction("wait"),
	)
	if err != nil {
		return err
	}
	if report.Count == 0 || len(report.ErrorDist) > 0 {
		return errors.New(fmt.Sprint("answers: ", report.StatusCodeDist, " errors: ", report.ErrorDist))
	}
	answer := figures{Count: report.Count, PerSecond: report.Rps}
	for _, part := range report.LatencyDistribution {
		ms := float64(part.Latency) / float64(time.Millisecond)
		switch part.Percentage {
		case 50:
			answer.P50Ms = ms
		case 99:
			answer.P99Ms = ms
		}
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}
