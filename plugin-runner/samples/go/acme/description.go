package acme

import (
	"os"
	"path/filepath"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"acme.example/acme/contract"
)

const (
	// The same as in plugin.toml.
	id      = "acme-go-1.2"
	version = "0.1.0"
	// Minor revision of the .proto files this was written with.
	apiMinor = 1
	// Folder of static files.
	servedFolder = "served"
)

// describe says what the plugin is.
func describe(folder string) (*contract.DescribeResponse, error) {
	if _, err := os.Stat(filepath.Join(folder, servedFolder)); err != nil {
		return nil, status.Error(codes.FailedPrecondition, "the plugin's folder has no "+servedFolder+"/: install it whole")
	}
	return &contract.DescribeResponse{
		Id:                 id,
		Version:            version,
		Description:        "Acme A10 and A20",
		ApiMinor:           apiMinor,
		SupportedDevices:   supportedDevices(),
		Filters:            filters(),
		DhcpHints:          []*contract.DhcpHint{dhcpHint()},
		SensitiveFilenames: []string{`(?i)^acme-[0-9a-f]{12}\.cfg$`},
		ServedFolders:      []string{servedFolder},
	}, nil
}

func supportedDevices() []*contract.SupportedDevice {
	devices := make([]*contract.SupportedDevice, 0, len(models))
	for _, model := range models {
		capabilities := &contract.Capabilities{
			Lines:        proto.Uint32(model.lines),
			FunctionKeys: proto.Uint32(model.keys),
			Protocol:     proto.String("sip"),
			Type:         proto.String("deskphone"),
		}
		device := contract.SupportedDevice{Vendor: vendor, Model: model.name, Version: firmware, Capabilities: capabilities}
		devices = append(devices, &device)
	}
	return devices
}

// filters are the requests that can say something about a phone; provd asks about no others.
func filters() []*contract.RequestFilter {
	const file = `(?i)(^|/)acme-[0-9a-f]{12}\.cfg$`
	return []*contract.RequestFilter{
		{Kind: contract.RequestKind_REQUEST_KIND_HTTP, UserAgent: `^Acme A[0-9]+ `},
		{Kind: contract.RequestKind_REQUEST_KIND_HTTP, Path: file},
		{Kind: contract.RequestKind_REQUEST_KIND_TFTP, Path: file},
		{Kind: contract.RequestKind_REQUEST_KIND_DHCP, VendorClass: `^Acme A[0-9]+$`},
	}
}

// dhcpHint leads a phone: it asks for its file below option 66, and for the common one where option 43 says.
func dhcpHint() *contract.DhcpHint {
	return &contract.DhcpHint{
		VendorClassPrefixes: []string{"Acme A"},
		MacPrefixes:         []string{"00:11:22"},
		Options: []*contract.DhcpOption{
			{Code: 66, Text: "{http}"},
			{Code: 43, SubOptions: []*contract.DhcpSubOption{
				{Code: 1, Value: &contract.DhcpSubOption_Text{Text: "{http}/acme.cfg"}},
				{Code: 2, Value: &contract.DhcpSubOption_Boolean{Boolean: true}},
			}},
		},
	}
}
