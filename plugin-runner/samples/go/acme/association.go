package acme

import (
	"strings"

	"acme.example/acme/contract"
)

// support says how well a phone is supported, by what is known of it.
func support(info *contract.DeviceInfo) contract.Support {
	switch info.GetVendor() {
	case "":
		return contract.Support_SUPPORT_UNKNOWN
	case vendor:
	default:
		return contract.Support_SUPPORT_IMPROBABLE
	}
	if _, known := modelOf(info.GetModel()); !known {
		return contract.Support_SUPPORT_PROBABLE
	}
	stated := info.GetVersion()
	if stated == firmware || strings.HasPrefix(stated, firmware+".") {
		return contract.Support_SUPPORT_EXACT
	}
	// Another major version may read other files.
	if stated == "" || strings.HasPrefix(stated, "1.") {
		return contract.Support_SUPPORT_COMPLETE
	}
	return contract.Support_SUPPORT_INCOMPLETE
}
