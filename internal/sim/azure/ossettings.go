package azure

import (
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
)

// Limits of custom data: characters as sent, and bytes.
const (
	maxCustomText = 87380
	maxCustomData = 65535
)

var (
	hostName   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$`)
	forbidden  = strings.Fields("administrator admin user user1 test user2 test1 user3 admin1 1 123 a actuser adm admin2 aspnet backup console david guest john owner root server sql support support_388945a0 sys test2 test3 user4 user5")
	linuxLogin = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)
)

// checkSystem checks what the guest is told: its name, user, keys and data.
func checkSystem(ch *change) *failure {
	doc, vm := ch.r.doc, ch.r.vm
	if strings.EqualFold(textAt(doc, "properties", "storageProfile", "osDisk", "createOption"), "Attach") {
		if at(doc, "properties", "osProfile") != nil {
			return malformed("InvalidParameter", "Parameter 'osProfile' is not allowed.").on("osProfile")
		}
		return nil
	}
	os := treeAt(doc, "properties", "osProfile")
	if os == nil {
		return required("osProfile")
	}
	user := textAt(os, "adminUsername")
	switch {
	case textAt(os, "computerName") == "":
		return required("osProfile.computerName")
	case !hostName.MatchString(textAt(os, "computerName")):
		return malformed("InvalidParameter", "Linux host name cannot exceed 64 characters in length or contain the following characters: ` ~ ! @ # $ %% ^ & * ( ) = + _ [ ] { } \\ | ; : ' \" , < > / ?.").on("computerName")
	case user == "":
		return required("osProfile.adminUsername")
	case slices.Contains(forbidden, lower(user)):
		return malformed("InvalidParameter", "The Admin Username specified is not allowed.").on("adminUsername")
	case !linuxLogin.MatchString(user):
		return malformed("InvalidParameter", "The Admin Username specified is not allowed: it has 1 to 64 characters and starts with a letter or an underscore.").on("adminUsername")
	}
	if f := checkLogin(os, user); f != nil {
		return f
	}
	var f *failure
	if vm.custom, f = data64(os, "customData", "Custom data in OSProfile"); f != nil {
		return f
	}
	_, f = data64(treeAt(doc, "properties"), "userData", "User data")
	return f
}

// data64 decodes what is handed to the guest.
func data64(t tree, name, what string) ([]byte, *failure) {
	text := textAt(t, name)
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(text) > maxCustomText || len(data) > maxCustomData {
		return nil, malformed("InvalidParameter", "%s must be in Base64 encoding and with a maximum length of %d characters.", what, maxCustomText).on(name)
	}
	return data, nil
}

// checkLogin checks that somebody can log in.
func checkLogin(os tree, user string) *failure {
	linux := treeAt(os, "linuxConfiguration")
	keys := treesAt(linux, "ssh", "publicKeys")
	password := textAt(os, "adminPassword")
	if boolAt(linux, "disablePasswordAuthentication") {
		if password != "" {
			return malformed("InvalidParameter", "Parameter 'adminPassword' is not allowed when password authentication is disabled.").on("adminPassword")
		}
		if len(keys) == 0 {
			return malformed("InvalidParameter", "Authentication using either SSH or by user name and password must be enabled in Linux profile. For SSH, please specify a public key.").on("linuxConfiguration")
		}
	} else if password == "" {
		return required("osProfile.adminPassword")
	}
	for _, k := range keys {
		if path := "/home/" + user + "/.ssh/authorized_keys"; textAt(k, "path") != path {
			return malformed("InvalidParameter", "Destination path for SSH public keys is currently limited to its default value %s due to a known issue in Linux provisioning agent.", path).on("linuxConfiguration.ssh.publicKeys.path")
		}
		if !validKey(textAt(k, "keyData")) {
			return malformed("InvalidParameter", "The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.").on("linuxConfiguration.ssh.publicKeys.keyData")
		}
	}
	return nil
}

// validKey accepts the two types of keys that Azure takes, in OpenSSH's form.
func validKey(line string) bool {
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "ssh-rsa" && words[0] != "ssh-ed25519" || strings.Contains(strings.TrimSpace(line), "\n") {
		return false
	}
	blob, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil || len(blob) < 4 {
		return false
	}
	n := binary.BigEndian.Uint32(blob)
	return int(n) == len(words[0]) && len(blob) > 4+int(n) && string(blob[4:4+n]) == words[0]
}

// userData is what cloud-init gets: the custom data, or where there are none
// the user and the keys that the provisioning agent would set up.
func userData(r *resource) []byte {
	if len(r.vm.custom) > 0 {
		return r.vm.custom
	}
	os := treeAt(r.doc, "properties", "osProfile")
	var b strings.Builder
	b.WriteString("#cloud-config\nusers:\n  - name: " + textAt(os, "adminUsername") + "\n    shell: /bin/bash\n    sudo: ALL=(ALL) NOPASSWD:ALL\n    ssh_authorized_keys:\n")
	for _, k := range treesAt(os, "linuxConfiguration", "ssh", "publicKeys") {
		b.WriteString("      - " + strings.TrimSpace(textAt(k, "keyData")) + "\n")
	}
	return []byte(b.String())
}
