package server

import (
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// gate is what all calls go through. It counts those that run and, once closed, lets no more in.
type gate struct {
	mutex   sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// enter lets a call in, unless the gate is closed; who is in must leave.
func (gate *gate) enter() error {
	gate.mutex.Lock()
	defer gate.mutex.Unlock()
	if gate.closed {
		return status.Error(codes.Unavailable, "this plugin is draining")
	}
	gate.running.Add(1)
	return nil
}

func (gate *gate) leave() { gate.running.Done() }

// close lets no more in, and waits until nothing runs.
func (gate *gate) close() {
	gate.mutex.Lock()
	gate.closed = true
	gate.mutex.Unlock()
	gate.running.Wait()
}
