package aws

import (
	"strings"
	"time"
)

func (r *region) callerIdentity(c *call) (object, *failure) {
	return object{"Account": account, "Arn": c.who.arn, "UserId": c.who.id}, nil
}

// assumeRole gives out temporary credentials for any role of the account.
func (r *region) assumeRole(c *call) (object, *failure) {
	role, session := c.in.str("RoleArn"), c.in.str("RoleSessionName")
	name, ok := strings.CutPrefix(role, "arn:aws:iam::"+account+":role/")
	if !ok || name == "" {
		return nil, refuse("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.who.arn, role)
	}
	key := "ASIA" + strings.ToUpper(newID("x")[2:18])
	who := credential{
		secret: newID("secret"), session: newID("session"), arn: "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + session,
		id:      "AROAECLUSTERSIMULATE0:" + session,
		expires: r.c.o.Now().Add(time.Duration(c.in.int("DurationSeconds", 3600)) * time.Second),
	}
	r.c.keys[key] = who
	return object{
		"AssumedRoleUser": object{"Arn": who.arn, "AssumedRoleId": who.id},
		"Credentials": object{
			"AccessKeyId": key, "SecretAccessKey": who.secret, "SessionToken": who.session, "Expiration": who.expires,
		},
	}, nil
}
