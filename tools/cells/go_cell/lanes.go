package main

import (
	"errors"
	"math"
	"math/bits"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var epoch = time.Now()

// now returns the monotonic clock in ns.
func now() int64 { return int64(time.Since(epoch)) }

// histogram counts latencies in the protocol's bins, 64 per octave.
type histogram struct {
	bins             [64 * 59]atomic.Uint64
	count, sum, most atomic.Int64
}

func indexOf(ns int64) int {
	shift := bits.Len64(uint64(ns)) - 7
	if shift <= 0 {
		return int(ns)
	}
	return shift<<6 + int(ns>>shift)
}

func lowerBound(index int) int64 {
	if index < 64 {
		return int64(index)
	}
	shift := index>>6 - 1
	return int64(index&63+64) << shift
}

func (h *histogram) add(ns int64) {
	h.bins[indexOf(ns)].Add(1)
	h.count.Add(1)
	h.sum.Add(ns)
	for most := h.most.Load(); ns > most && !h.most.CompareAndSwap(most, ns); {
		most = h.most.Load()
	}
}

func (h *histogram) toJSON() map[string]any {
	bins := [][3]int64{}
	for i := range h.bins {
		if n := h.bins[i].Load(); n > 0 {
			bins = append(bins, [3]int64{lowerBound(i), lowerBound(i + 1), int64(n)})
		}
	}
	return map[string]any{"unit": "ns", "count": h.count.Load(), "max": h.most.Load(), "bins": bins,
		"mean": float64(h.sum.Load()) / float64(h.count.Load()), "sampling_interval": 1}
}

// plan of a run, in ns. Either operations or window is not 0.
type plan struct{ operations, window, lead, stagger int64 }

// run is what all lanes share. Counters are those of the window.
type run struct {
	plan
	start, opens    int64
	closes          atomic.Int64 // 0 after a wrong result, which ends all lanes
	due             atomic.Int64 // time of the next edge, when the usage is read
	operations, lag atomic.Int64
	latency         histogram
	mutex           sync.Mutex // of the members below
	before, after   syscall.Rusage
	errors          map[string]int
	wrong           error
}

func newRun(p plan) *run {
	r := &run{plan: p, start: now(), errors: map[string]int{}}
	r.opens = r.start + p.lead
	r.closes.Store(math.MaxInt64)
	if p.window > 0 {
		r.closes.Store(r.opens + p.window)
	}
	r.due.Store(r.opens)
	r.observe(r.start)
	return r
}

// observe reads the resource usage at edges of the window that are due. A lane that has read the
// clock anyway calls it; watch does so if all lanes wait.
func (r *run) observe(time int64) {
	if time < r.due.Load() {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if time >= r.opens && r.due.Load() == r.opens {
		syscall.Getrusage(syscall.RUSAGE_SELF, &r.before)
		r.due.Store(r.opens + r.window)
		if r.window == 0 {
			r.due.Store(math.MaxInt64)
		}
	}
	if due := r.due.Load(); time >= due && due > r.opens {
		syscall.Getrusage(syscall.RUSAGE_SELF, &r.after)
		r.due.Store(math.MaxInt64)
	}
}

// watch observes the edges until the run has ended.
func (r *run) watch(ended <-chan struct{}) {
	for _, edge := range []int64{r.opens, r.opens + r.window} {
		select {
		case <-time.After(time.Duration(edge - now())):
			r.observe(now())
		case <-ended:
			return
		}
	}
}

// runLane runs one of n lanes until its share or the window ends.
func (r *run) runLane(operate operation, lane, n int64) {
	begin := r.start + r.stagger*lane/n
	time.Sleep(time.Duration(begin - now()))
	left := int64(math.MaxInt64)
	if r.plan.operations > 0 {
		left = r.plan.operations / n
		if lane < r.plan.operations%n {
			left++
		}
	}
	issued := now()
	if issued >= r.closes.Load() {
		return
	}
	r.raise(&r.lag, issued-begin)
	for ; left > 0; left-- {
		err := operate()
		end := now()
		r.observe(end)
		if end >= r.closes.Load() {
			return
		}
		if err != nil {
			r.count(err, end)
		} else if end >= r.opens {
			r.operations.Add(1)
			r.latency.add(end - issued)
		}
		issued = end
	}
}

func (r *run) raise(most *atomic.Int64, value int64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if value > most.Load() {
		most.Store(value)
	}
}

func (r *run) count(err error, end int64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var failed operationError
	if !errors.As(err, &failed) {
		r.wrong = err
		r.closes.Store(0)
	} else if end >= r.opens {
		r.errors[string(failed)]++
	}
}

// runLanes runs all lanes and returns when the last one has ended, and when that was.
func (r *run) runLanes(lanes []operation) int64 {
	var running sync.WaitGroup
	running.Add(len(lanes))
	for i, operate := range lanes {
		go func(lane int64, operate operation) {
			defer running.Done()
			r.runLane(operate, lane, int64(len(lanes)))
		}(int64(i), operate)
	}
	ended := make(chan struct{})
	if r.window > 0 {
		go r.watch(ended)
	}
	running.Wait()
	close(ended)
	end := now()
	r.observe(math.MaxInt64 - 1)
	if r.window == 0 {
		syscall.Getrusage(syscall.RUSAGE_SELF, &r.after)
	}
	return end
}
