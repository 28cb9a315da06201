package docker

import (
	"archive/tar"
	"bytes"
	"strings"
)

// file is one entry of a tar stream, owned by root: a folder when its name
// ends in a slash, a symbolic link when it has a target.
type file struct {
	name   string
	mode   int64
	data   []byte
	target string
}

func tarOf(files ...file) (*bytes.Buffer, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		h := &tar.Header{
			Name: f.name, Mode: f.mode, Size: int64(len(f.data)), Linkname: f.target,
			Typeflag: tar.TypeReg, Format: tar.FormatPAX,
		}
		switch {
		case f.target != "":
			h.Typeflag = tar.TypeSymlink
		case strings.HasSuffix(f.name, "/"):
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	return &buf, w.Close()
}
