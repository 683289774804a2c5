package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"syscall"
	"time"
)

// failure is an error reply. kind: invalid, unsupported, resource or failed.
type failure struct{ kind, message string }

func (f failure) Error() string { return f.message }

func refuse(kind, format string, arguments ...any) failure {
	return failure{kind, fmt.Sprintf(format, arguments...)}
}

// operationError is counted by its name, for example receive:EOF, and does not end the run.
type operationError string

func (e operationError) Error() string { return string(e) }

var wrongResult = refuse("failed", "an operation returned a wrong result")

var errnoNames = map[syscall.Errno]string{
	syscall.ECONNREFUSED: "ECONNREFUSED", syscall.ECONNRESET: "ECONNRESET", syscall.EPIPE: "EPIPE",
	syscall.ECONNABORTED: "ECONNABORTED", syscall.ETIMEDOUT: "ETIMEDOUT", syscall.EMFILE: "EMFILE",
	syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL", syscall.ENETUNREACH: "ENETUNREACH",
}

func failedIn(phase string, err error) operationError {
	var errno syscall.Errno
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return operationError(phase + ":EOF")
	case errors.As(err, &errno) && errnoNames[errno] != "":
		return operationError(phase + ":" + errnoNames[errno])
	case errors.As(err, &errno):
		return operationError(fmt.Sprintf("%s:E%d", phase, int(errno)))
	}
	return operationError(phase + ":EIO")
}

// operation runs once per call. A lane has one.
type operation func() error

// workload opens the lanes of a cell.
type workload struct {
	open     func(lane int) (operation, error)
	checksum string
}

func pattern(length int64) []byte {
	buffer := make([]byte, length)
	for i := range buffer {
		buffer[i] = byte(131*i + i/256)
	}
	return buffer
}

// digesting returns an operation that digests a buffer, and the digest. The reference digest is
// computed by another function.
func digesting(buffer []byte) (operation, []byte) {
	reference := sha256.New()
	reference.Write(buffer[:len(buffer)/2])
	reference.Write(buffer[len(buffer)/2:])
	expected := reference.Sum(nil)
	return func() error {
		if digest := sha256.Sum256(buffer); !bytes.Equal(digest[:], expected) {
			return wrongResult
		}
		return nil
	}, expected
}

// calibrated returns CPU work of this length, within 2 %; nil if it is 0.
func calibrated(length time.Duration) (operation, error) {
	if length == 0 {
		return nil, nil
	}
	target := math.Min(float64(length), 20e6) // longer work is extrapolated
	readings := int(math.Min(50, math.Max(3, 20e6/target)))
	size, deviation := int64(1<<16), 0.0
	for round := 0; round < 60; round++ {
		work, _ := digesting(pattern(size))
		fastest := math.Inf(1)
		for i := 0; i < readings; i++ {
			begin := now()
			if err := work(); err != nil {
				return nil, err
			}
			fastest = math.Min(fastest, float64(now()-begin))
		}
		deviation = fastest/target - 1
		if math.Abs(deviation) < 0.005 || round >= 5 && math.Abs(deviation) < 0.02 {
			work, _ = digesting(pattern(int64(float64(size) * float64(length) / target)))
			return work, nil
		}
		size = int64(math.Max(64, 64*math.Round(float64(size)/(1+deviation)/64)))
	}
	return nil, refuse("unsupported", "mixed: cannot calibrate %v (best %+.1f %%)", length,
		100*deviation)
}

func sleeping(delay time.Duration) operation {
	return func() error {
		end := now() + int64(delay)
		time.Sleep(delay)
		if now() < end {
			return wrongResult
		}
		return nil
	}
}

// openEcho connects a lane. After an error, the next operation connects again.
func openEcho(endpoint string, size int64, lane int) (operation, error) {
	connection, err := net.Dial("tcp", endpoint)
	if err != nil {
		return nil, refuse("failed", "no connection to %s (%s); start a server there or correct "+
			"the endpoint", endpoint, failedIn("connect", err))
	}
	message, echo, counter := make([]byte, size), make([]byte, size), uint64(0)
	for i := range message {
		message[i] = byte(31*lane + 7*i)
	}
	exchange := func() (string, error) {
		if connection == nil {
			if connection, err = net.Dial("tcp", endpoint); err != nil {
				connection = nil
				return "connect", err
			}
		}
		counter++
		copy(message, binary.LittleEndian.AppendUint64(nil, counter))
		if _, err := connection.Write(message); err != nil {
			return "send", err
		}
		_, err := io.ReadFull(connection, echo)
		return "receive", err
	}
	return func() error {
		if phase, err := exchange(); err != nil {
			if connection != nil {
				connection.Close()
				connection = nil
			}
			return failedIn(phase, err)
		}
		if !bytes.Equal(echo, message) {
			return wrongResult
		}
		return nil
	}, nil
}

func openWorkload(name string, given values, endpoint string) (workload, error) {
	switch name {
	case "sleep":
		return workload{open: func(int) (operation, error) {
			return sleeping(given.duration("delay")), nil
		}}, nil
	case "hashing":
		digest, expected := digesting(pattern(given.size("bytes")))
		open := func(int) (operation, error) { return digest, nil }
		return workload{open, hex.EncodeToString(expected)}, nil
	case "network":
		return workload{open: func(lane int) (operation, error) {
			return openEcho(endpoint, given.size("bytes"), lane)
		}}, nil
	}
	return openMixed(given, endpoint)
}

func openMixed(given values, endpoint string) (workload, error) {
	short, err := calibrated(given.duration("cpu"))
	if err != nil {
		return workload{}, err
	}
	long, err := calibrated(given.duration("long"))
	if err != nil {
		return workload{}, err
	}
	return workload{open: func(lane int) (operation, error) {
		work, wait := short, sleeping(given.duration("wait"))
		if lane == 0 && long != nil {
			work = long
		}
		if given.texts["io"] == "network" {
			if wait, err = openEcho(endpoint, 64, lane); err != nil {
				return nil, err
			}
		}
		return func() error {
			if work != nil {
				if err := work(); err != nil {
					return err
				}
			}
			return wait()
		}, nil
	}}, nil
}
