package acme

import "strings"

const (
	vendor = "Acme"
	// Firmware this plugin is for; phones report it with one more number, `1.2.3`.
	firmware = "1.2"
)

// model is what one can do.
type model struct {
	name        string
	lines, keys uint32
}

// The family, the smallest first.
var models = []model{{"A10", 2, 4}, {"A20", 4, 12}}

// modelOf finds a model by its name.
func modelOf(name string) (model, bool) {
	for _, model := range models {
		if model.name == name {
			return model, true
		}
	}
	return models[0], false
}

// macOf spells twelve digits, with colons or without, as the contract spells a MAC address: `00:11:22:33:44:55`. It is empty
// if they are that of no single station.
func macOf(text string) string {
	digits := strings.ToLower(strings.ReplaceAll(text, ":", ""))
	if digits == "000000000000" || digits == "ffffffffffff" {
		return ""
	}
	octets := make([]string, 0, len(digits)/2)
	for at := 0; at+2 <= len(digits); at += 2 {
		octets = append(octets, digits[at:at+2])
	}
	return strings.Join(octets, ":")
}
