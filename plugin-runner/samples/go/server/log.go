package server

import (
	"encoding/json"
	"io"
	"strings"
	"sync"
)

var levels = []string{"error", "warn", "info", "debug", "trace"}

// Log writes JSON objects, one a line. What is secret never comes here: passwords, the token, contents of files.
type Log struct {
	most   int
	mutex  sync.Mutex
	stream io.Writer
}

// NewLog writes what is at least as grave as the filter of PROVD_LOG demands.
func NewLog(filter string, stream io.Writer) *Log {
	return &Log{most: levelOf(filter), stream: stream}
}

// levelOf is the first level that a filter names: it may be a whole one, such as `info,provd=debug`.
func levelOf(filter string) int {
	for _, part := range strings.Split(filter, ",") {
		if level := indexOf(strings.TrimSpace(part)); level >= 0 {
			return level
		}
	}
	return indexOf("info")
}

func indexOf(level string) int {
	for index, known := range levels {
		if known == level {
			return index
		}
	}
	return -1
}

// Error is for what the plugin cannot do anything about.
func (log *Log) Error(message string, fields map[string]string) { log.write("error", message, fields) }

// Info is for what an administrator wants to know.
func (log *Log) Info(message string, fields map[string]string) { log.write("info", message, fields) }

// Debug is for an author.
func (log *Log) Debug(message string, fields map[string]string) { log.write("debug", message, fields) }

func (log *Log) write(level, message string, fields map[string]string) {
	if indexOf(level) > log.most {
		return
	}
	object := map[string]string{"level": level, "message": message}
	for name, value := range fields {
		object[name] = value
	}
	line, err := json.Marshal(object)
	if err != nil {
		return
	}
	log.mutex.Lock()
	defer log.mutex.Unlock()
	// There is nowhere to report a log that cannot be written.
	_, _ = log.stream.Write(append(line, '\n'))
}
