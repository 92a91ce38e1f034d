// Package server is the process side of the contract: the environment, the log, and a gRPC server that answers nobody but
// provd. It knows nothing of phones.
package server

import "fmt"

// Major version of the contract this plugin was written for.
const api = "1"

// Environment is what provd tells a plugin through its environment.
type Environment struct {
	// Path of the socket to bind.
	Socket string
	// Identifier of the plugin.
	ID string
	// The plugin's own folder, read-only.
	Folder string
	// A folder to write to.
	Scratch string
	// What every call must carry. SECRET.
	Token string
	// How much to log.
	Log string
}

// ReadEnvironment reads variables; the error says what keeps this from being a plugin.
func ReadEnvironment(get func(string) string) (Environment, error) {
	environment := Environment{Log: get("PROVD_LOG")}
	needed := []struct {
		variable string
		value    *string
	}{
		{"PROVD_PLUGIN_SOCKET", &environment.Socket},
		{"PROVD_PLUGIN_ID", &environment.ID},
		{"PROVD_PLUGIN_DIR", &environment.Folder},
		{"PROVD_PLUGIN_SCRATCH", &environment.Scratch},
		{"PROVD_PLUGIN_TOKEN", &environment.Token},
	}
	for _, need := range needed {
		*need.value = get(need.variable)
		if *need.value == "" {
			return environment, fmt.Errorf("%s is not set", need.variable)
		}
	}
	if get("PROVD_PLUGIN_API") != api {
		return environment, fmt.Errorf("it was written for plugin API %s, PROVD_PLUGIN_API is another", api)
	}
	return environment, nil
}
