package e2e

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

// notebookClient logs in to JupyterHub and starts a kernel.
//
//go:embed testdata/notebook.py
var notebookClient string

// peopleSpec is a cluster that several people share. more is put into it.
func peopleSpec(users, more string) string {
	return fmt.Sprintf(`
cluster "people" {
  provider = provider.docker
  scheduler "slurm" { accounting = true }
  share "/home" { type = "volume" }

  node_group "frontend" { count = 1 }
  node_group "compute" { count = 1 }

  role "ntp" {}
  role "users" {
    groups = [{ name = "chem", gid = 3000 }]
    users  = [%s]
  }
  role "jupyterhub" {}
  %s
}`, users, more)
}

// TestPeople is a cluster that several people use: accounts that come and go,
// and notebooks.
func TestPeople(t *testing.T) {
	needFull(t)
	u := newUser(t, "people")
	u.patience = 30 * time.Minute
	ada, bob := `{ name = "ada", uid = 2001, groups = ["chem"], sudo = true }`, `{ name = "bob", uid = 2002 }`
	u.writeSpec(peopleSpec(ada+","+bob, ""))
	u.says(u.ends(0, "start", "people"), "the clock of frontend001 is that of its host")
	u.settled()
	u.expect(t, "srun id ada", "uid=2001(ada) gid=2001(ada) groups=2001(ada),3000(chem)", 1)

	key := strings.TrimSpace(u.ssh("ssh-keygen -q -t ed25519 -N '' -f ada.key && cat ada.key.pub"))
	ada = strings.Replace(ada, "sudo", fmt.Sprintf("keys = [%q], sudo", key), 1)
	u.writeSpec(peopleSpec(ada, ""))
	u.says(u.ends(0, "start", "people"), "bob is no longer in users: the account is locked")
	u.settled()

	t.Run("ada logs in with a key", func(t *testing.T) {
		u.expect(t, "ssh -i ada.key ada@frontend001 'srun id -un; sudo -n id -un; stat -c %a .'", "ada\nroot\n700", 1)
		u.eventually(time.Minute, func() error {
			if users := u.ssh("sacct -a -X -n -o user%20 -S now-1hour"); !strings.Contains(users, "ada") {
				return fmt.Errorf("accounting knows jobs of %q only", users)
			}
			return nil
		})
	})
	t.Run("notebook", u.testNotebook)
	t.Run("bob is locked out and comes back", func(t *testing.T) {
		admin := []string{"ssh", "people", "--admin", "--", "passwd -S bob; stat -c %U /home/bob; su bob -c true || echo refused"}
		u.says(u.run(admin...), "bob L ", "bob refused")
		u.writeSpec(peopleSpec(ada+","+bob, ""))
		u.run("start", "people")
		if said := u.run("ssh", "people", "--admin", "--", "su bob -c 'id -un'"); strings.TrimSpace(said) != "bob" {
			t.Errorf("bob is not back: %q", said)
		}
	})

	u.refuses(t, peopleSpec(`{ name = "eve", uid = 2000 }`, ""), "the uid 2000 belongs to ecluster on")
	u.refuses(t, peopleSpec(ada+`, { name = "eve", uid = 2001 }`, ""), "ada and eve have the same uid, 2001")
	u.refuses(t, peopleSpec(ada, `role "apptainer" {}`), "Apptainer 1.4.5 can't be had from https://github.com/apptainer/apptainer/releases/download/")
	proved(t, "debian-13", roletest.Containers, "ntp", "users", "jupyterhub")
}

// testNotebook has ada's notebook server run as a job of hers; others don't get
// in with her password, nor she with another.
func (u *user) testNotebook(t *testing.T) {
	u.ssh("cat >notebook.py <<'END'\n" + notebookClient + "END")
	asAda := "ssh -i ada.key ada@frontend001 "
	client := " | python3 /tmp/notebook.py http://127.0.0.1:8000 "
	u.ssh("cp notebook.py /tmp/ && chmod 644 /tmp/notebook.py")
	u.expect(t, asAda+"'jupyter-password"+client+"ada'", "kernel python3", 1)
	u.expect(t, "squeue -h -n jupyter -o '%u on %N'", "ada on compute001", 1)
	u.expect(t, "echo wrong-password-of-twenty-four"+client+"ada 2>&1 || true", "asks for the password again", 1)
	u.expect(t, "ss -ltn | grep -c '0.0.0.0:8000\\|\\*:8000' || true", "0", 1)
	const admins = `python3 -c 'import sqlite3; print(sqlite3.connect("/var/lib/jupyterhub/jupyterhub.sqlite").execute("select name from users where admin").fetchall())'`
	if got := u.admin("frontend001", admins); got != "[]" {
		t.Errorf("these may enter the notebook servers of others: %s", got)
	}
	u.expect(t, "stat -c %a /var/lib/jupyterhub", "700", 1)
	u.expect(t, asAda+"'scancel -n jupyter; stat -c %a .jupyter-password'", "600", 1)
}
