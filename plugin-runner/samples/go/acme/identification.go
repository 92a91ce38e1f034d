package acme

import (
	"regexp"
	"strings"

	"google.golang.org/protobuf/proto"

	"acme.example/acme/contract"
)

var (
	// `Acme A10 1.2.3 00:11:22:33:44:55`.
	userAgent = regexp.MustCompile(
		`^Acme (A[0-9]{1,4}) ([0-9]+(?:\.[0-9]+){0,5}) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})$`)
	// `Acme A10`.
	vendorClass = regexp.MustCompile(`^Acme (A[0-9]{1,4})$`)
	// `acme-001122334455.cfg`, in whatever folder.
	file = regexp.MustCompile(`(?i)(?:^|/)acme-([0-9a-f]{12})\.cfg$`)
)

// Code of the DHCP option that holds the vendor class identifier (RFC 2132 §9.13).
const vendorClassIdentifier = 60

// extract finds facts about the phone behind a request: nil if it says nothing.
func extract(request *contract.Request) *contract.DeviceInfo {
	switch kind := request.Kind.(type) {
	case *contract.Request_Http:
		if info := ofUserAgent(kind.Http); info != nil {
			return info
		}
		return ofFile(kind.Http.Path)
	case *contract.Request_Tftp:
		return ofFile(kind.Tftp.Filename)
	case *contract.Request_Dhcp:
		return ofLease(kind.Dhcp)
	}
	return nil
}

func ofUserAgent(http *contract.HttpRequest) *contract.DeviceInfo {
	for _, header := range http.Headers {
		if header.Name != "user-agent" {
			continue
		}
		found := userAgent.FindStringSubmatch(header.Value)
		if found == nil || macOf(found[3]) == "" {
			return nil
		}
		info := identity(macOf(found[3]))
		info.Model, info.Version = proto.String(found[1]), proto.String(found[2])
		return info
	}
	return nil
}

func ofFile(name string) *contract.DeviceInfo {
	found := file.FindStringSubmatch(name)
	if found == nil || macOf(found[1]) == "" {
		return nil
	}
	return identity(macOf(found[1]))
}

func identity(mac string) *contract.DeviceInfo {
	return &contract.DeviceInfo{Vendor: proto.String(vendor), Mac: proto.String(mac)}
}

// ofLease finds the model only: provd itself knows the MAC address of a DHCP client.
func ofLease(dhcp *contract.DhcpRequest) *contract.DeviceInfo {
	class := strings.TrimRight(latin1(dhcp.Options[vendorClassIdentifier]), "\x00")
	found := vendorClass.FindStringSubmatch(class)
	if found == nil {
		return nil
	}
	return &contract.DeviceInfo{Vendor: proto.String(vendor), Model: proto.String(found[1])}
}

// latin1 decodes ISO-8859-1, whose bytes are the first code points.
func latin1(bytes []byte) string {
	runes := make([]rune, len(bytes))
	for at, value := range bytes {
		runes[at] = rune(value)
	}
	return string(runes)
}
