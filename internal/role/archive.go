package role

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"sync"
)

// archive is a part of a tar.gz: one gzip member. Members can be put one after
// the other, so that what many nodes share is compressed once.
type archive []byte

// packer writes one archive. Its bytes depend on nothing but what is added.
// They are compressed at the end, in one go: a compressor takes a megabyte, and
// hundreds of nodes are packed for at once.
type packer struct {
	plain       bytes.Buffer
	tar         *tar.Writer
	compressors *sync.Pool // of *gzip.Writer; may be empty
	err         error
}

func newPacker(compressors *sync.Pool) *packer {
	p := &packer{compressors: compressors}
	p.tar = tar.NewWriter(&p.plain)
	return p
}

// add appends a file that only root can read. The first error is kept.
func (p *packer) add(name string, data []byte) {
	if p.err != nil {
		return
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(data))}
	if p.err = p.tar.WriteHeader(header); p.err != nil {
		return
	}
	_, p.err = p.tar.Write(data)
}

// folder appends an empty folder.
func (p *packer) folder(name string) {
	if p.err == nil {
		p.err = p.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o700})
	}
}

// part ends an archive that others follow.
func (p *packer) part() (archive, error) { return p.end(p.tar.Flush) }

// last ends the archive with the end mark of the tar.
func (p *packer) last() (archive, error) { return p.end(p.tar.Close) }

func (p *packer) end(finish func() error) (archive, error) {
	if p.err == nil {
		p.err = finish()
	}
	if p.err != nil {
		return nil, fmt.Errorf("pack the bundle: %w", p.err)
	}
	packed, err := p.compress()
	if err != nil {
		return nil, fmt.Errorf("pack the bundle: %w", err)
	}
	return packed, nil
}

func (p *packer) compress() (archive, error) {
	gz, pooled := p.compressors.Get().(*gzip.Writer)
	if !pooled {
		gz = gzip.NewWriter(nil)
	}
	defer p.compressors.Put(gz)
	var packed bytes.Buffer
	gz.Reset(&packed)
	if _, err := gz.Write(p.plain.Bytes()); err != nil {
		return nil, err
	}
	if err := gz.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
