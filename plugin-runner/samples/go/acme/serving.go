package acme

import (
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"acme.example/acme/contract"
)

// Which file a phone asks for. It is named, not read: provd has it, and opens what lies in served/ itself.

var (
	// The file of one phone.
	deviceName = regexp.MustCompile(`(?i)^acme-([0-9a-f]{12})\.cfg$`)
	// A file below served/: one that is in the plugin, or firmware that an administrator put there.
	staticName = regexp.MustCompile(`^acme-[A-Za-z0-9._-]{1,100}$`)
)

func reference(device *contract.Device, request *contract.Request) (*contract.ServeFileResponse, error) {
	name, err := nameOf(request)
	if err != nil {
		return nil, err
	}
	if name == "acme.cfg" {
		return generated(name, contract.Memory_MEMORY_BY_PATH), nil
	}
	if own := deviceName.FindStringSubmatch(name); own != nil {
		return ownFile(device.Info.GetMac(), own[1])
	}
	if staticName.MatchString(name) {
		served := &contract.ServeFileResponse_Served{Served: &contract.ServedReference{Path: name}}
		return &contract.ServeFileResponse{Answer: served, Memory: contract.Memory_MEMORY_BY_PATH}, nil
	}
	return nil, status.Error(codes.NotFound, "these phones have no such file")
}

// ownFile finds it whatever the case of the MAC address in the name; the path has it in lower case.
func ownFile(mac, digits string) (*contract.ServeFileResponse, error) {
	if mac == "" || macOf(digits) != mac {
		return nil, status.Error(codes.PermissionDenied, "that is the file of another phone")
	}
	return generated("acme-"+strings.ToLower(digits)+".cfg", contract.Memory_MEMORY_BY_DEVICE), nil
}

func generated(path string, memory contract.Memory) *contract.ServeFileResponse {
	reference := &contract.ServeFileResponse_Generated{Generated: &contract.GeneratedReference{Path: path}}
	return &contract.ServeFileResponse{Answer: reference, Memory: memory}
}

// nameOf is the name of the file asked for; over TFTP a phone may leave out the slash before it.
func nameOf(request *contract.Request) (string, error) {
	switch kind := request.Kind.(type) {
	case *contract.Request_Http:
		return strings.TrimLeft(kind.Http.Path, "/"), nil
	case *contract.Request_Tftp:
		return strings.TrimLeft(kind.Tftp.Filename, "/"), nil
	}
	return "", status.Error(codes.InvalidArgument, "files are asked for over HTTP and TFTP")
}
