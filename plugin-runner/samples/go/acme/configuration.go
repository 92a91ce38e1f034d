package acme

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"acme.example/acme/contract"
)

// The files phones read: `name=value`, one a line. A phone keeps what a file leaves out, so every name is always there.

const (
	mediaType = "text/plain; charset=utf-8"
	// Parameter of our own: what the phone shows when it is idle.
	greetingParameter = "X_acme_greeting"
)

// Spelling of a MAC address in the contract.
var mac = regexp.MustCompile(`^[0-9a-f]{2}(:[0-9a-f]{2}){5}$`)

// commonFile is the file of all phones.
func commonFile(config *contract.RawConfig) *contract.GeneratedFile {
	lines := []string{
		"# Acme",
		setting("provisioning.url", config.HttpBaseUrl+"/"),
		setting("dialplan.url", config.HttpBaseUrl+"/acme-dialplan.xml"),
		setting("time.server", config.GetNtpIp()),
	}
	return &contract.GeneratedFile{Path: "acme.cfg", Content: text(lines), MediaType: mediaType}
}

// deviceFile is the file of one phone, with what an operator should know about it.
func deviceFile(
	device *contract.Device, config *contract.RawConfig,
) (*contract.GeneratedFile, []*contract.Warning, error) {
	path, err := pathOf(device.Info.GetMac())
	if err != nil {
		return nil, nil, err
	}
	phone, err := phone(config)
	if err != nil {
		return nil, nil, err
	}
	name := device.Info.GetModel()
	able, _ := modelOf(name)
	if name == "" {
		name = "phone"
	}
	var warnings []*contract.Warning
	lines := []string{fmt.Sprintf("# Acme %s %s", clean(name), device.Info.GetMac())}
	lines = append(lines, phone...)
	lines = append(lines, accounts(config.SipLines, able.lines, &warnings)...)
	lines = append(lines, keys(config.Funckeys, able.keys, &warnings)...)
	file := contract.GeneratedFile{Path: path, Content: text(lines), MediaType: mediaType, Sensitive: true}
	return &file, warnings, nil
}

// pathOf is the path of the file of the phone with this MAC address.
func pathOf(address string) (string, error) {
	if address == "" {
		return "", status.Error(codes.FailedPrecondition,
			"the device has no MAC address, which its file is named after: state one")
	}
	if !mac.MatchString(address) {
		return "", status.Error(codes.InvalidArgument, "the MAC address of the device is none")
	}
	return "acme-" + strings.ReplaceAll(address, ":", "") + ".cfg", nil
}

func phone(config *contract.RawConfig) ([]string, error) {
	greeting, err := greeting(config.ExtrasJson)
	if err != nil {
		return nil, err
	}
	language, _, _ := strings.Cut(config.Locale, "_")
	vlan := ""
	if config.Vlan != nil {
		vlan = fmt.Sprint(config.Vlan.Id)
	}
	return []string{
		setting("time.server", config.GetNtpIp()),
		setting("time.zone", config.Timezone),
		setting("language", language),
		setting("transport", transport(config.Sip.GetTransport())),
		setting("vlan", vlan),
		setting("admin.password", config.Admin.GetPassword()),
		setting("greeting", greeting),
	}, nil
}

// transport is what a phone calls it; it speaks UDP unless told.
func transport(transport contract.SipTransport) string {
	switch transport {
	case contract.SipTransport_SIP_TRANSPORT_TCP:
		return "tcp"
	case contract.SipTransport_SIP_TRANSPORT_TLS:
		return "tls"
	}
	return "udp"
}

// greeting reads a parameter that the contract does not know, which comes as JSON.
func greeting(extras map[string]string) (string, error) {
	document, stated := extras[greetingParameter]
	if !stated {
		return "", nil
	}
	var value interface{}
	// What cannot be read is no text either.
	_ = json.Unmarshal([]byte(document), &value)
	text, isText := value.(string)
	if !isText {
		return "", status.Error(codes.InvalidArgument, greetingParameter+": expected a text")
	}
	return text, nil
}

func accounts(sipLines map[uint32]*contract.SipLine, most uint32, warnings *[]*contract.Warning) []string {
	var numbers []uint32
	for number := range sipLines {
		numbers = append(numbers, number)
	}
	beyond("sip_lines", numbers, most, fmt.Sprintf("this phone has %d lines", most), warnings)
	var lines []string
	for number := uint32(1); number <= most; number++ {
		line := sipLines[number]
		server := line.GetRegistrar()
		if server == nil {
			server = line.GetProxy()
		}
		name := fmt.Sprintf("line.%d.", number)
		lines = append(lines,
			setting(name+"name", line.GetDisplayName()),
			setting(name+"server", server.GetIp()),
			setting(name+"port", port(server)),
			setting(name+"user", line.GetUsername()),
			setting(name+"auth", line.GetAuthUsername()),
			setting(name+"password", line.GetPassword()),
		)
	}
	return lines
}

// port is empty where the phone is to know itself.
func port(endpoint *contract.Endpoint) string {
	if endpoint == nil || endpoint.Port == nil {
		return ""
	}
	return fmt.Sprint(*endpoint.Port)
}

func keys(funckeys map[uint32]*contract.FunctionKey, most uint32, warnings *[]*contract.Warning) []string {
	var lines []string
	for position := uint32(1); position <= most; position++ {
		key, stated := funckeys[position]
		kind := kindOf(key.GetType())
		if stated && kind == "none" {
			parameter := fmt.Sprintf("funckeys.%d", position)
			*warnings = append(*warnings, warning(parameter, "this phone has no such kind of key"))
		}
		lines = append(lines, keyLines(position, kind, key)...)
	}
	var positions []uint32
	for position := range funckeys {
		positions = append(positions, position)
	}
	beyond("funckeys", positions, most, fmt.Sprintf("this phone has %d keys", most), warnings)
	return lines
}

func keyLines(position uint32, kind string, key *contract.FunctionKey) []string {
	name := fmt.Sprintf("key.%d.", position)
	line := ""
	if kind == "none" {
		key = nil
	} else {
		line = "1"
	}
	if key.GetLine() > 0 {
		line = fmt.Sprint(key.GetLine())
	}
	return []string{
		setting(name+"kind", kind),
		setting(name+"line", line),
		setting(name+"number", key.GetValue()),
		setting(name+"label", key.GetLabel()),
	}
}

// kindOf is what a phone calls its keys; it has none for parking.
func kindOf(kind contract.FunctionKeyType) string {
	switch kind {
	case contract.FunctionKeyType_FUNCTION_KEY_TYPE_SPEEDDIAL:
		return "dial"
	case contract.FunctionKeyType_FUNCTION_KEY_TYPE_BLF:
		return "watch"
	}
	return "none"
}

// beyond warns of every number that the phone does not have, in order: that of a map in Go is another each time.
func beyond(parameter string, numbers []uint32, most uint32, message string, warnings *[]*contract.Warning) {
	sort.Slice(numbers, func(one, other int) bool { return numbers[one] < numbers[other] })
	for _, number := range numbers {
		if number < 1 || number > most {
			*warnings = append(*warnings, warning(fmt.Sprintf("%s.%d", parameter, number), message))
		}
	}
}

func warning(parameter, message string) *contract.Warning {
	return &contract.Warning{Parameter: parameter, Message: message}
}

func setting(name, value string) string { return name + "=" + clean(value) }

// clean keeps a value from beginning a line of its own.
func clean(value string) string {
	return strings.Map(func(character rune) rune {
		if unicode.IsControl(character) {
			return ' '
		}
		return character
	}, value)
}

func text(lines []string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }
