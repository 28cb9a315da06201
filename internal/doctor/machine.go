package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/ecluster/ecluster/internal/cluster"
)

// What the folder of records needs: records are small, logs are not.
const (
	diskFull  = 50 * cluster.MiB
	diskShort = 1024 * cluster.MiB
)

// program says which ecluster this is.
func (d Doctor) program() []Finding {
	return []Finding{{Check: "ecluster", Level: OK, Message: fmt.Sprintf("%s, %s/%s", d.Version, runtime.GOOS, runtime.GOARCH)}}
}

// config passes on what is wrong with the user's defaults.
func (d Doctor) config() []Finding {
	if d.Config == nil {
		return nil
	}
	return []Finding{{"config", Failure, oneLine(d.Config.Error()), "Correct it, or remove the file: it holds your own defaults only."}}
}

// records looks at the folder where clusters are remembered.
func (d Doctor) records() []Finding {
	info, err := os.Stat(d.Home)
	if errors.Is(err, fs.ErrNotExist) {
		return d.noRecords()
	}
	choose := "Choose another folder with ECLUSTER_HOME."
	switch {
	case err != nil:
		return []Finding{{"records", Failure, err.Error(), choose}}
	case !info.IsDir():
		return []Finding{{"records", Failure, d.Home + " is no folder", choose}}
	}
	if err := writable(d.Home); err != nil {
		return []Finding{{"records", Failure, "nothing can be written: " + err.Error(), "See to its owner and to the disk, or choose another folder with ECLUSTER_HOME."}}
	}
	var found []Finding
	if info.Mode().Perm()&0o077 != 0 {
		found = append(found, Finding{
			"records", Warning, fmt.Sprintf("%s is open to other users (%04o), and has keys in it", d.Home, info.Mode().Perm()),
			"Run 'chmod 700 " + d.Home + "'.",
		})
	}
	return append(found, d.disk(d.Home)...)
}

// noRecords looks whether the folder could be made.
func (d Doctor) noRecords() []Finding {
	parent := filepath.Dir(d.Home)
	for {
		if _, err := os.Stat(parent); err == nil || parent == filepath.Dir(parent) {
			break
		}
		parent = filepath.Dir(parent)
	}
	if err := writable(parent); err != nil {
		return []Finding{{
			"records", Failure, fmt.Sprintf("%s does not exist and can't be made: %v", d.Home, err),
			"Choose a folder that you may write to with ECLUSTER_HOME.",
		}}
	}
	found := d.disk(parent)
	if found[0].Level == OK {
		found[0].Message += "; the first start makes it"
	}
	return found
}

// disk looks at the space that is left.
func (d Doctor) disk(dir string) []Finding {
	free, known := freeDisk(dir)
	f := Finding{Check: "records", Level: OK, Message: d.Home}
	switch room := "Make room, or choose another folder with ECLUSTER_HOME."; {
	case !known:
	case free < diskFull:
		f = Finding{"records", Failure, fmt.Sprintf("only %s are free in %s", free, dir), room}
	case free < diskShort:
		f = Finding{"records", Warning, fmt.Sprintf("only %s are free in %s", free, dir), room}
	default:
		f.Message += fmt.Sprintf(", %s free", free)
	}
	return []Finding{f}
}

// writable tries it.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
