package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

// Bounds of SLURM's own numbers.
const (
	maxSlurmNumber = 1<<31 - 1
	maxTier        = 65533
)

// slurmSchema is the block of SLURM.
func slurmSchema() schema.Schema {
	return schema.Schema{
		Doc: "What runs the jobs: \"slurm\".",
		Attrs: []schema.Attr{
			{Name: "accounting", Type: cty.Bool, Default: false, Doc: "Keep a record of every job (sacct); it needs a database on the frontend."},
			{Name: "workers", Type: cty.List(cty.String), Doc: "The node groups that run jobs. Default: all but the frontend."},
			{Name: "enforce", Type: cty.List(cty.String), Check: eachOf("associations", "limits", "nojobs", "nosteps", "qos", "safe", "wckeys"), Doc: "What of the accounting a job must satisfy to start. Default: limits and qos where the spec has a qos block, else nothing."},
			{Name: "prolog", Type: cty.String, Doc: "A script beside the spec that runs as root on each node before a job."},
			{Name: "epilog", Type: cty.String, Doc: "The same, after a job."},
			{Name: "mail_program", Type: cty.String, Check: checkAbsolute, Doc: "The program of the frontend that sends the mail of sbatch --mail-type. Default: none is sent."},
			{Name: "rest", Type: cty.Bool, Default: false, Doc: "Run slurmrestd on a socket of the frontend."},
			slurmConfig("slurm.conf"),
		},
		Blocks: []schema.Block{
			{Name: "partition", Labels: []string{"name"}, Many: true, Schema: partitionSchema()},
			{Name: "qos", Labels: []string{"name"}, Many: true, Schema: qosSchema()},
			{Name: "account", Labels: []string{"name"}, Many: true, Schema: accountSchema()},
		},
	}
}

func partitionSchema() schema.Schema {
	names := cty.List(cty.String)
	return schema.Schema{
		Doc: "A queue. A worker group that stands in none has one of its own name.",
		Attrs: []schema.Attr{
			{Name: "groups", Type: names, Doc: "Its node groups. Default: all workers."},
			{Name: "default", Type: cty.Bool, Doc: "Jobs that name no partition go here."},
			{Name: "max_time", Type: cty.String, Check: checkSlurmTime, Doc: "Longest time of a job: \"24:00:00\", \"7-00:00:00\", \"UNLIMITED\"."},
			{Name: "default_time", Type: cty.String, Check: checkSlurmTime, Doc: "Time of a job that asks for none."},
			{Name: "def_mem_per_cpu", Type: cty.Number, Check: schema.Whole(1, 1<<30), Doc: "Memory, in MB, that a job gets for each CPU when it asks for none."},
			{Name: "max_nodes", Type: cty.Number, Check: schema.Whole(1, maxTier), Doc: "The most nodes of one job."},
			{Name: "priority", Type: cty.Number, Check: schema.Whole(0, maxTier), Doc: "Jobs of a partition with a higher number start first (PriorityTier). Default: 1."},
			{Name: "qos", Type: cty.String, Doc: "The QOS whose limits hold for the whole partition."},
			{Name: "allow_qos", Type: names, Doc: "The QOS that may be used here. Default: all."},
			{Name: "allow_groups", Type: names, Check: checkSlurmNames, Doc: "The Unix groups whose members may use it. Default: all."},
			{Name: "allow_accounts", Type: names, Doc: "The accounts that may use it. Default: all."},
			{Name: "state", Type: cty.String, OneOf: []string{"UP", "DOWN", "DRAIN", "INACTIVE"}, Doc: "DRAIN lets nobody submit, DOWN starts nothing, INACTIVE does neither. Default: UP."},
			{Name: "oversubscribe", Type: cty.String, Check: checkOversubscribe, Doc: "Whether jobs share a core: \"NO\", \"EXCLUSIVE\" (a job has its nodes alone), \"YES:4\", \"FORCE:4\". Default: NO."},
			slurmConfig("the partition's line"),
		},
	}
}

func qosSchema() schema.Schema {
	return schema.Schema{
		Doc: "A quality of service: a priority and limits, which jobs ask for by name (--qos).",
		Attrs: []schema.Attr{
			{Name: "priority", Type: cty.Number, Check: schema.Whole(0, maxSlurmNumber), Doc: "Jobs with a higher number start first."},
			{Name: "max_wall", Type: cty.String, Check: checkSlurmTime, Doc: "Longest time of a job."},
			{Name: "max_jobs_per_user", Type: cty.Number, Check: schema.Whole(0, maxSlurmNumber), Doc: "Running jobs of a user."},
			{Name: "max_submit_per_user", Type: cty.Number, Check: schema.Whole(0, maxSlurmNumber), Doc: "Running and waiting jobs of a user."},
			{Name: "max_tres_per_user", Type: cty.Map(cty.String), Check: checkTRES, Doc: "What the jobs of a user may have together: { cpu = 64, mem = \"256GB\", node = 4, gpu = 2 }."},
			{Name: "max_tres_per_job", Type: cty.Map(cty.String), Check: checkTRES, Doc: "What one job may have."},
			{Name: "max_tres", Type: cty.Map(cty.String), Check: checkTRES, Doc: "What all its jobs may have together."},
			{Name: "preempt", Type: cty.List(cty.String), Doc: "The QOS whose jobs have to give way to those of this one."},
			{Name: "preempt_mode", Type: cty.String, OneOf: []string{"requeue", "cancel", "cluster"}, Doc: "What becomes of jobs that give way. Default: cluster, which is requeue unless config says otherwise."},
			{Name: "usage_factor", Type: cty.Number, Check: checkNotNegative, Doc: "How much of what its jobs use counts. Default: 1."},
			{Name: "flags", Type: cty.List(cty.String), Check: checkSlurmNames, Doc: "SLURM's flags, such as [\"DenyOnLimit\"]."},
			slurmConfig("sacctmgr modify qos"),
		},
	}
}

func accountSchema() schema.Schema {
	return schema.Schema{
		Doc: "People who share the machine: an account of SLURM with its part of it.",
		Attrs: []schema.Attr{
			{Name: "parent", Type: cty.String, Doc: "The account that it is a part of. Default: none."},
			{Name: "description", Type: cty.String, Check: checkSlurmText, Doc: "What it is."},
			{Name: "shares", Type: cty.Number, Default: 1, Check: schema.Whole(1, maxSlurmNumber), Doc: "Its part of the machine, against those of its siblings."},
			{Name: "users", Type: cty.List(cty.String), Check: checkSlurmNames, Doc: "Its users. Jobs that name no account go to the first one that has their user, parents before their parts."},
			{Name: "qos", Type: cty.List(cty.String), Doc: "The QOS that its users may ask for. Default: all."},
			{Name: "default_qos", Type: cty.String, Doc: "The QOS of jobs that ask for none."},
			{Name: "max_jobs", Type: cty.Number, Check: schema.Whole(0, maxSlurmNumber), Doc: "Running jobs of all its users together."},
			{Name: "max_tres", Type: cty.Map(cty.String), Check: checkTRES, Doc: "What all its jobs may have together."},
			slurmConfig("sacctmgr modify account"),
		},
	}
}

// slurmConfig is the way to what has no attribute of its own.
func slurmConfig(where string) schema.Attr {
	return schema.Attr{Name: "config", Type: cty.Map(cty.String), Check: checkSlurmConfig, Doc: "Further settings, which go into " + where + " as they are."}
}
