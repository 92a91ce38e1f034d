// Package acme is the plugin: what it answers to each call. One file for each question; nothing is kept from call to call.
package acme

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"acme.example/acme/contract"
)

// Plugin answers the calls of the contract. Drain is the server's.
type Plugin struct {
	contract.UnimplementedPluginServer
	// The plugin's own folder.
	Folder string
}

// Describe says what the plugin is.
func (plugin *Plugin) Describe(context.Context, *contract.DescribeRequest) (*contract.DescribeResponse, error) {
	return describe(plugin.Folder)
}

// Extract reads facts out of a request. Everything they depend on is what provd remembers them by: path, file name,
// User-Agent, vendor class.
func (plugin *Plugin) Extract(_ context.Context, asked *contract.ExtractRequest) (*contract.ExtractResponse, error) {
	if asked.Request == nil {
		return nil, missing("request")
	}
	memory := &contract.ExtractMemory{Allowed: true}
	return &contract.ExtractResponse{Info: extract(asked.Request), Memory: memory}, nil
}

// Associate says how well a phone is supported.
func (plugin *Plugin) Associate(_ context.Context, asked *contract.AssociateRequest) (*contract.AssociateResponse, error) {
	return &contract.AssociateResponse{Support: support(asked.Info), MayBeRemembered: true}, nil
}

// ConfigureCommon generates the file of all phones.
func (plugin *Plugin) ConfigureCommon(
	_ context.Context, asked *contract.ConfigureCommonRequest,
) (*contract.ConfigureCommonResponse, error) {
	if asked.RawConfig == nil {
		return nil, missing("raw config")
	}
	files := []*contract.GeneratedFile{commonFile(asked.RawConfig)}
	return &contract.ConfigureCommonResponse{Files: files}, nil
}

// Configure generates the file of one phone.
func (plugin *Plugin) Configure(_ context.Context, asked *contract.ConfigureRequest) (*contract.ConfigureResponse, error) {
	if asked.Device == nil {
		return nil, missing("device")
	}
	if asked.RawConfig == nil {
		return nil, missing("raw config")
	}
	file, warnings, err := deviceFile(asked.Device, asked.RawConfig)
	if err != nil {
		return nil, err
	}
	files := []*contract.GeneratedFile{file}
	return &contract.ConfigureResponse{Files: files, TriggerPath: file.Path, Warnings: warnings}, nil
}

// Deconfigure has nothing to forget, for nothing is kept.
func (plugin *Plugin) Deconfigure(context.Context, *contract.DeconfigureRequest) (*contract.DeconfigureResponse, error) {
	return &contract.DeconfigureResponse{}, nil
}

// Synchronize says how a phone is told. provd finds where it is registered, so any device will do.
func (plugin *Plugin) Synchronize(
	_ context.Context, asked *contract.SynchronizeRequest,
) (*contract.SynchronizeResponse, error) {
	if asked.Device == nil {
		return nil, missing("device")
	}
	notify := &contract.SipNotify{Event: "check-sync;reboot=false"}
	return &contract.SynchronizeResponse{Method: &contract.SynchronizeResponse_SipNotify{SipNotify: notify}}, nil
}

// ServeFile names the file a phone asks for.
func (plugin *Plugin) ServeFile(_ context.Context, asked *contract.ServeFileRequest) (*contract.ServeFileResponse, error) {
	if asked.Device == nil {
		return nil, missing("device")
	}
	if asked.Request == nil {
		return nil, missing("request")
	}
	return reference(asked.Device, asked.Request)
}

// missing refuses a request that cannot be understood without this part.
func missing(part string) error {
	return status.Error(codes.InvalidArgument, "the request has no "+part)
}
