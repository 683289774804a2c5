package main

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Parameters of the workloads with their defaults.
var workloads = map[string]map[string]string{
	"sleep":   {"delay": "10ms"},
	"hashing": {"bytes": "64KiB", "algorithm": "sha256"},
	"network": {"bytes": "64", "delay": "0"},
	"mixed":   {"cpu": "100us", "wait": "1ms", "io": "sleep", "long": "0"},
}

var words = map[string][]string{"io": {"sleep", "network"}, "algorithm": {"sha256"}}
var quantity = regexp.MustCompile(`^(\d+(?:\.\d+)?)([a-zA-Z]*)$`)
var sizes = map[string]float64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
var durations = map[string]float64{"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}

// values of a workload's parameters.
type values struct {
	texts   map[string]string
	numbers map[string]int64
}

func (v values) size(name string) int64             { return v.numbers[name] }
func (v values) duration(name string) time.Duration { return time.Duration(v.numbers[name]) }

func keys[V any](of map[string]V) string {
	names := []string{}
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

func valuesOf(workload string, given map[string]any) (values, error) {
	defaults, known := workloads[workload]
	if !known {
		return values{}, refuse("invalid", "unknown workload '%s': known: %s", workload, keys(workloads))
	}
	v := values{map[string]string{}, map[string]int64{}}
	for name, text := range defaults {
		v.texts[name] = text
	}
	for name, text := range given {
		if _, known := defaults[name]; !known {
			return v, refuse("invalid", "%s has no parameter '%s': known: %s", workload, name,
				keys(defaults))
		}
		v.texts[name] = fmt.Sprint(text)
	}
	for name, text := range v.texts {
		if choices := words[name]; choices != nil {
			if text != choices[0] && text != choices[len(choices)-1] {
				return v, refuse("unsupported", "%s=%s: this cell has %v", name, text, choices)
			}
			continue
		}
		units := durations
		if name == "bytes" {
			units = sizes
		}
		parts := quantity.FindStringSubmatch(text)
		if parts == nil || units[parts[2]] == 0 && text != "0" {
			return v, refuse("invalid", "%s=%s: expected for example 64KiB or 10ms", name, text)
		}
		number, _ := strconv.ParseFloat(parts[1], 64)
		v.numbers[name] = int64(number * units[parts[2]])
	}
	return v, nil
}
