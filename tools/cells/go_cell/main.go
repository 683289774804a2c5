// A cell process in Go: goroutines, which its scheduler runs on one thread per core
// (protocol: bench/cell/PROTOCOL.md).
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const version = "0.1.0"

// bind binds all threads of this process; those that start later inherit it.
func bind(cores []int) error {
	var mask [128]uint64
	for _, cpu := range cores {
		if cpu < 0 || cpu >= 64*len(mask) {
			return refuse("invalid", "there is no CPU %d", cpu)
		}
		mask[cpu/64] |= 1 << (cpu % 64)
	}
	for pass := 0; pass < 2; pass++ { // a thread may start in the first one
		threads, _ := os.ReadDir("/proc/self/task")
		for _, entry := range threads {
			thread, _ := strconv.Atoi(entry.Name())
			_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(thread),
				unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
			if errno != 0 && errno != syscall.ESRCH {
				return refuse("unsupported", "cannot bind to CPU %v: %v", cores, errno)
			}
		}
	}
	runtime.GOMAXPROCS(len(cores))
	return nil
}

// memory returns a line of a /proc file in bytes.
func memory(file, name string) int64 {
	content, _ := os.ReadFile(file)
	for _, line := range strings.Split(string(content), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == name {
			kib, _ := strconv.ParseInt(fields[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

type prepareBody struct {
	Workload   string         `json:"workload"`
	Parameters map[string]any `json:"parameters"`
	Cores      []int          `json:"cores"`
	InFlight   int            `json:"in_flight"`
	Endpoint   string         `json:"endpoint"`
}

type runBody struct {
	Seconds    float64  `json:"seconds"`
	Operations int64    `json:"operations"`
	LeadS      float64  `json:"lead_s"`
	StaggerS   float64  `json:"stagger_s"`
	Rate       *float64 `json:"rate"`
}

type reply map[string]any

// cell is prepared once, run any number of times, then finished.
type cell struct {
	lanes   []operation
	work    workload
	wrong   error
	running atomic.Bool
}

func (c *cell) prepare(body prepareBody) (reply, error) {
	begin := now()
	if c.lanes != nil {
		return nil, refuse("invalid", "already prepared: a cell process measures one cell")
	}
	given, err := valuesOf(body.Workload, body.Parameters)
	if err != nil {
		return nil, err
	}
	if len(body.Cores) == 0 || body.InFlight < 1 {
		return nil, refuse("invalid", "'cores' and 'in_flight' must be given")
	}
	if err = bind(body.Cores); err != nil {
		return nil, err
	}
	if c.work, err = openWorkload(body.Workload, given, body.Endpoint); err != nil {
		return nil, err
	}
	base := memory("/proc/self/status", "VmRSS:")
	lanes := make([]operation, body.InFlight)
	for i := range lanes {
		if lanes[i], err = c.work.open(i); err != nil {
			return nil, err
		}
	}
	c.lanes = lanes
	return reply{"ready": reply{"protocol": 2, "program": "go_cell", "version": version,
		"setup_s": float64(now()-begin) / 1e9, "base_rss_bytes": base,
		"environment": reply{"go": runtime.Version(), "go_hashing": "crypto/sha256 of Go"}}}, nil
}

func (c *cell) run(body runBody) (reply, error) {
	switch {
	case c.lanes == nil:
		return nil, refuse("invalid", "'run' before 'prepare'")
	case body.Rate != nil:
		return nil, refuse("unsupported", "this cell has no open loop")
	case (body.Seconds > 0) == (body.Operations > 0):
		return nil, refuse("invalid", "'run' needs either 'seconds' or 'operations'")
	case c.wrong != nil:
		return nil, c.wrong
	}
	p := plan{operations: body.Operations}
	if body.Operations == 0 {
		p = plan{window: int64(body.Seconds * 1e9), lead: int64(body.LeadS * 1e9),
			stagger: int64(body.StaggerS * 1e9)}
	}
	r := newRun(p)
	end := r.runLanes(c.lanes)
	if c.wrong = r.wrong; c.wrong != nil {
		return nil, c.wrong
	}
	operations := r.operations.Load()
	if operations == 0 && len(r.errors) > 0 {
		return nil, refuse("failed", "no operation succeeded: %v", r.errors)
	}
	wall, drain := p.window, end-r.opens-p.window
	if p.window == 0 {
		wall, drain = end-r.start, 0
	}
	seconds := func(after, before syscall.Timeval) float64 {
		return float64(after.Nano()-before.Nano()) / 1e9
	}
	sample := reply{"operations": operations, "wall_s": float64(wall) / 1e9,
		"start_s": float64(r.lag.Load()) / 1e9, "drain_s": float64(drain) / 1e9,
		"cpu_user_s":           seconds(r.after.Utime, r.before.Utime),
		"cpu_system_s":         seconds(r.after.Stime, r.before.Stime),
		"voluntary_switches":   r.after.Nvcsw - r.before.Nvcsw,
		"involuntary_switches": r.after.Nivcsw - r.before.Nivcsw,
		"minor_faults":         r.after.Minflt - r.before.Minflt,
		"major_faults":         r.after.Majflt - r.before.Majflt,
		"errors":               r.errors, "worker_operations": []int64{operations}}
	if operations > 0 {
		sample["latency"] = r.latency.toJSON()
	}
	if c.work.checksum != "" {
		sample["checksum"] = c.work.checksum
	}
	return reply{"sample": sample}, nil
}

func (c *cell) handle(line []byte) (reply, error) {
	decode := func(data []byte, into any) error {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(into); err != nil {
			return refuse("invalid", "malformed request: %v", err)
		}
		return nil
	}
	var request map[string]json.RawMessage
	if err := decode(line, &request); err != nil {
		return nil, err
	}
	for verb, content := range request {
		var prepared prepareBody
		var running runBody
		switch verb {
		case "prepare":
			if err := decode(content, &prepared); err != nil {
				return nil, err
			}
			return c.prepare(prepared)
		case "run":
			if err := decode(content, &running); err != nil {
				return nil, err
			}
			c.running.Store(true)
			defer c.running.Store(false)
			return c.run(running)
		case "finish":
			return reply{"finished": reply{"peak_rss_bytes": memory("/proc/self/status", "VmHWM:")}}, nil
		}
	}
	return nil, refuse("invalid", "expected one object with one key: prepare, run or finish")
}

func main() {
	cell, lines := &cell{}, make(chan []byte)
	go func() {
		input := bufio.NewReader(os.Stdin)
		for {
			line, err := input.ReadBytes('\n')
			if err != nil {
				break
			}
			lines <- line
		}
		if cell.running.Load() {
			os.Exit(0)
		}
		close(lines)
	}()
	for line := range lines {
		answer, err := cell.handle(line)
		if f, ok := err.(failure); ok {
			answer = reply{"error": reply{"kind": f.kind, "message": f.message}}
		}
		text, _ := json.Marshal(answer)
		os.Stdout.Write(append(text, '\n'))
		if answer["finished"] != nil {
			return
		}
	}
}
