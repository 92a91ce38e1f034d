// The program acme is a plugin of provd for phones of the fictitious vendor Acme, written without an SDK.
//
// This file is the process: what it is told at its start, and what ends it. What it answers is in the package acme, how it
// is asked in the package server.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"acme.example/acme/acme"
	"acme.example/acme/server"
)

const (
	// How long calls that run may still take when the process is told to end; provd kills after 5 s.
	longestEnd = 4 * time.Second
	// Exit status of a program that was started by hand.
	byHand = 2
)

func main() {
	environment, err := server.ReadEnvironment(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "This program is a plugin of the phone provisioning server provd, which starts it and asks it",
			"about phones. It does nothing by itself:", err)
		os.Exit(byHand)
	}
	log := server.NewLog(environment.Log, os.Stderr)
	if err := serve(environment, log); err != nil {
		log.Error(err.Error(), nil)
		os.Exit(1)
	}
}

// serve returns when provd asks for the end, or is gone.
func serve(environment server.Environment, log *server.Log) error {
	told := end()
	listener, err := net.Listen("unix", environment.Socket)
	if err != nil {
		return err
	}
	running := server.New(&acme.Plugin{Folder: environment.Folder}, environment.Token, log)
	failed := make(chan error, 1)
	go func() { failed <- running.Serve(listener) }()
	log.Info("serving", nil)
	select {
	case err := <-failed:
		return err
	case why := <-told:
		log.Info(why, nil)
	}
	time.AfterFunc(longestEnd, func() { os.Exit(0) })
	running.Stop()
	return nil
}

// end tells why the process has to end: on SIGTERM, or when stdin ends because provd is gone.
func end() <-chan string {
	told := make(chan string, 2)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		told <- "provd asks this plugin to end"
	}()
	go func() {
		// A stream that fails has ended as well.
		_, _ = io.Copy(io.Discard, os.Stdin)
		told <- "provd is gone"
	}()
	return told
}
