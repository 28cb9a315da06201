package aws

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// maxUserData is how long EC2 lets user data be, before base64.
const maxUserData = 16 << 10

// userData is what a machine boots with, in base64; it is compressed, which
// cloud-init understands, only when it is too long.
func userData(access providers.Access, expires time.Time, theirs string) (string, error) {
	data, err := bootdata.CloudInit(bootdata.Config{Access: access, Expires: expires, UserData: theirs})
	if err != nil {
		return "", invalid("launch", err)
	}
	if len(data) > maxUserData {
		packed, err := compress(data)
		if err != nil {
			return "", invalid("launch", err)
		}
		if len(packed) > maxUserData {
			return "", invalid("launch", fmt.Errorf(
				"the user data have %d bytes, %d when compressed, and EC2 takes %d; shorten user_data of the group, or let it fetch the rest", len(data), len(packed), maxUserData))
		}
		data = packed
	}
	return base64.StdEncoding.EncodeToString(data), nil
}

func compress(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress user data: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("compress user data: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress user data: %w", err)
	}
	return b.Bytes(), nil
}
