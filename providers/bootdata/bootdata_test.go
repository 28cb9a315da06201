package bootdata_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

var access = providers.Access{
	AuthorizedKey: "ssh-ed25519 AAAAuser someone\n",
	HostKey:       "-----BEGIN OPENSSH PRIVATE KEY-----\nbase64\n-----END OPENSSH PRIVATE KEY-----\n",
	HostKeyPublic: "ssh-ed25519 AAAAhost",
}

type cloudConfig struct {
	Users []struct {
		Name string   `yaml:"name"`
		Sudo string   `yaml:"sudo"`
		Keys []string `yaml:"ssh_authorized_keys"`
	} `yaml:"users"`
	Keys  map[string]string `yaml:"ssh_keys"`
	Files []struct {
		Path    string `yaml:"path"`
		Content string `yaml:"content"`
	} `yaml:"write_files"`
	Run [][]string `yaml:"runcmd"`
}

func TestCloudInit(t *testing.T) {
	expires := time.Date(2027, 1, 2, 3, 4, 5, 0, time.FixedZone("CET", 3600))
	data, err := bootdata.CloudInit(bootdata.Config{Access: access, Expires: expires})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), "#cloud-config\n") {
		t.Errorf("it begins with %.20q", data)
	}
	var c cloudConfig
	if err := yaml.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Users) != 1 || c.Users[0].Name != bootdata.AdminUser || c.Users[0].Keys[0] != "ssh-ed25519 AAAAuser someone" {
		t.Errorf("users: %+v", c.Users)
	}
	if c.Keys["ed25519_private"] != access.HostKey.Reveal() || c.Keys["ed25519_public"] != access.HostKeyPublic+"\n" {
		t.Errorf("host keys: %q", c.Keys)
	}
	timer := false
	for _, f := range c.Files {
		timer = timer || strings.HasSuffix(f.Path, ".timer") && strings.Contains(f.Content, "OnCalendar=2027-01-02 02:04:05 UTC\n")
	}
	if !timer {
		t.Errorf("no timer at the expiry: %+v", c.Files)
	}
	again, err := bootdata.CloudInit(bootdata.Config{Access: access, Expires: expires})
	if err != nil || string(again) != string(data) {
		t.Errorf("a retry with the same token would carry other data (%v)", err)
	}
	if len(data) > 6<<10 {
		t.Errorf("%d bytes leave little of EC2's 16 KiB to the user", len(data))
	}
}

func TestUserDataOfTheUserComesAfterOurs(t *testing.T) {
	for given, kind := range map[string]string{
		"#!/bin/bash\necho hi\n":         "text/x-shellscript",
		"#cloud-config\npackages: [a]\n": "text/cloud-config",
	} {
		data, err := bootdata.CloudInit(bootdata.Config{Access: access, UserData: given})
		if err != nil {
			t.Fatal(err)
		}
		message, err := mail.ReadMessage(strings.NewReader(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		_, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		parts := multipart.NewReader(message.Body, params["boundary"])
		var bodies, kinds []string
		for {
			p, err := parts.NextPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(p)
			if err != nil {
				t.Fatal(err)
			}
			k, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
			bodies, kinds = append(bodies, string(body)), append(kinds, k)
		}
		if len(bodies) != 2 || bodies[1] != given || kinds[1] != kind || !strings.HasPrefix(bodies[0], "#cloud-config") {
			t.Errorf("%q became %q of kinds %q", given, bodies, kinds)
		}
	}
}

func TestScriptIsAShellScript(t *testing.T) {
	script := bootdata.Script(bootdata.Config{Access: access, Expires: time.Now()})
	cmd := exec.Command("sh", "-n")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, out, script)
	}
	for _, secret := range []string{"AAAAuser", "base64"} {
		if strings.Contains(script, secret) {
			t.Errorf("the script holds %s, which the agent's own metadata carry", secret)
		}
	}
}
