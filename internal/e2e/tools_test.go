package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

// toolsSpec is a cluster with the tools of people who compute.
const toolsSpec = `
cluster "tools" {
  provider = provider.docker
  scheduler "slurm" {}
  share "/home" { type = "volume" }

  node_group "frontend" { count = 1 }
  node_group "compute" {
    count  = 2
    cpus   = 1
    memory = "1GB"
  }

  role "mpi" {
    on = ["frontend"]
  }
  role "mpi" {
    on        = ["compute"]
    compilers = false
  }
  role "modules" {}
  role "podman" {
    on = ["compute"]
  }
  role "r" {
    on       = ["compute"]
    packages = ["data.table"]
  }
}`

// mpiProgram says who and where each rank is, after one message to all.
const mpiProgram = `
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
    int rank, size, len, sum = 0;
    char host[MPI_MAX_PROCESSOR_NAME];
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Get_processor_name(host, &len);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    printf("rank %d of %d on %s, sum %d\n", rank, size, host, sum);
    MPI_Finalize();
    return 0;
}
`

// shellImage makes a tarball of /bin/sh and its libraries, because no registry
// can be asked for an image.
const shellImage = `
mkdir -p root/bin && cp /bin/sh root/bin/sh
for l in $(ldd /bin/sh | grep -o '/[^ ]*'); do mkdir -p root$(dirname $l) && cp $l root$l; done
tar -C root -cf image.tar .
`

// TestTools is what people do on a cluster beside submitting jobs.
func TestTools(t *testing.T) {
	needFull(t)
	u := newUser(t, "tools")
	u.patience = 30 * time.Minute // three nodes unpack a gigabyte
	u.writeSpec(toolsSpec)
	u.run("start", "tools")
	u.settled()

	t.Run("mpi", u.testMPI)
	t.Run("modules", func(t *testing.T) {
		u.ssh(`mkdir -p /home/modules/hello && echo 'setenv("HELLO", "world")' >/home/modules/hello/1.0.lua`)
		u.expect(t, "srun -N2 bash -lc 'module load hello openmpi && echo $HELLO $MPI_HOME'", "world /usr/lib/", 2)
		u.expect(t, `printf '#!/bin/bash -l\nmodule list\n' >job.sh && sbatch -W -o job.out job.sh >&2; cat job.out`, "No modules loaded", 1)
	})
	t.Run("podman", func(t *testing.T) {
		u.ssh(shellImage)
		u.expect(t, `srun -N2 sh -c 'podman import -q image.tar localhost/shell >&2 && podman run --rm -v $HOME:/data localhost/shell sh -c "echo /data/*"'`, "/data/image.tar", 2)
		if open := u.admin("compute001", "find /var/tmp/containers -maxdepth 1 -perm /o+w"); open != "" {
			t.Errorf("everybody may write to %s", open)
		}
	})
	t.Run("r", func(t *testing.T) {
		u.expect(t, `srun -N2 Rscript -e 'suppressMessages(library(data.table)); cat(data.table(x = 1:3)[, sum(x)], "\n")'`, "6 ", 2)
	})
	u.refuses(t, strings.Replace(toolsSpec, "data.table", "nosuchthing", 1), "r-cran-nosuchthing: no such package")
	proved(t, "debian-13", roletest.Containers, "mpi", "modules", "podman", "r")
}

// expect runs a line on the frontend and wants a text in it so many times.
func (u *user) expect(t *testing.T, line, text string, times int) {
	t.Helper()
	if said := u.ssh(line); strings.Count(said, text) != times {
		t.Errorf("%s said %q, not %d times %q", line, said, times, text)
	}
}

// refuses changes the spec to one with which start must fail, with a sentence.
func (u *user) refuses(t *testing.T, spec, sentence string) {
	t.Helper()
	u.writeSpec(spec)
	said, err := u.try("start", u.cluster)
	if err == nil {
		t.Fatalf("start went well, and does not say %q", sentence)
	}
	u.says(said+err.Error(), sentence)
}

// testMPI runs a program over both nodes, in both ways.
func (u *user) testMPI(t *testing.T) {
	u.ssh("cat >hello.c <<'END'" + mpiProgram + "END\nmpicc -o hello hello.c")
	for _, line := range []string{"salloc -Q -N2 mpirun ./hello", "srun -N2 --mpi=pmix ./hello"} {
		said := u.mpi(line)
		for _, want := range []string{"rank 0 of 2", "rank 1 of 2", " on compute001, sum 1", " on compute002, sum 1"} { // SLURM counts nodes as they came
			if strings.Count(said, want) != 1 {
				t.Errorf("%s said %q, not once %q", line, said, want)
			}
		}
	}
}
